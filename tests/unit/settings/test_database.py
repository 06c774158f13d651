"""The settings of the pack: every health check by its name, limits, and clear errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.pgpack import row_security
from pytest_deploycheck.pgpack.health import CHECKS
from pytest_deploycheck.settings.database import HEALTH
from pytest_deploycheck.settings.sections import Database

if TYPE_CHECKING:
    from tests.unit.settings.conftest import Load, Problems

HEAD = '[database]\ndsn = "postgresql://u@h/d"\n'
# they have ladders and checks of their own
OWN = {
    "connections",
    "long-transactions",
    "idle-in-transaction",
    "blocked",
    *(each.name for each in row_security.CHECKS),
}


def test_every_health_check_is_known() -> None:
    """The names and stakes of the settings are those of the pack."""
    known = {name: stake for name, (stake, _, _) in HEALTH.items()}
    assert {check.name: check.stake for check in CHECKS if check.name not in OWN} == known


def test_health_items(load: Load) -> None:
    """A declared database gets them all but those to skip; without a database there are none."""
    assert () == load("").health
    assert set(HEALTH) - {"checksums"} == {item.id for item in load(HEAD + 'skip = ["checksums"]').health}


def test_defaults(load: Load) -> None:
    """Orphans under a key are critical at once; soft references follow the ladder of the guides."""
    database = load(HEAD).database
    assert isinstance(database, Database)
    assert {"critical": "> 0"} == database.foreign_keys.levels.as_mapping()
    assert {"low": ">= 1", "medium": "> 5", "critical": "> 10"} == database.foreign_keys.soft_levels.as_mapping()


def test_wrong_values(problems: Problems) -> None:
    """A misspelt check, a budget beyond a minute and a name that is none are told together."""
    found = problems(
        HEAD + 'skip = ["sequence"]\npersonal = ["mail"]\nsoft_references = [{ child = "a", parent = "b.id" }]\n'
        '[database.foreign_keys]\nbudget = "2m"\n'
    )
    assert [
        ("database.foreign_keys.budget", None),
        ("database.personal[0]", None),
        ("database.skip[0]", True),
        ("database.soft_references[0].child", None),
    ] == sorted((each.key, "sequences" in str(each.hint) or None) for each in found)
