"""What is tied to which row: ``rows`` in settings, ``@pytest.mark.rows`` on checks, ``coverage.toml``."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tests.examples.ledger import ROOT, Guide, guides
from tests.examples.proofs import complaint, functions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKS: Final = "works"
ATTESTATION: Final = "attestation"
NOT_APPLICABLE: Final = "not-applicable"
STATUSES: Final = (WORKS, ATTESTATION, NOT_APPLICABLE)
_KEYS: Final = {"id", "status", "by", "why"}


@dataclass(frozen=True, slots=True)
class Tie:
    """A row, and one thing that proves it."""

    row: str
    status: str
    by: str
    where: str
    why: str = ""


@dataclass(slots=True)
class Found:
    """All ties, and what is wrong with them."""

    ties: list[Tie] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@cache
def collect() -> Found:
    """Return the ties of all examples and of the shipped checks."""
    found = Found()
    for guide in guides():
        for tie in _of_example(guide, found.problems):
            if not tie.row.startswith(f"{guide.prefix}-"):
                found.problems.append(f"{tie.where}: {tie.row} is a row of another guide")
            found.ties.append(tie)
    found.ties += [tie for path in sorted((ROOT / "checks").glob("*.py")) for tie in _of_python(path)]
    _compare(found)
    return found


def _of_example(guide: Guide, problems: list[str]) -> Iterator[Tie]:
    settings = guide.folder / "deploycheck.toml"
    if not settings.is_file():
        return
    raw = tomllib.loads(settings.read_text(encoding="utf-8"))
    yield from _of_settings(settings, raw, problems)
    for path in sorted((guide.folder / "deploy_checks").glob("*.py")):
        yield from _of_python(path)
    coverage = guide.folder / "coverage.toml"
    if coverage.is_file():
        yield from _of_coverage(coverage, raw, problems)


def _of_settings(path: Path, raw: dict[str, Any], problems: list[str]) -> Iterator[Tie]:
    where = _name(path)
    for section, entries in raw.items():
        for entry in entries if isinstance(entries, list) else ():
            rows = entry.get("rows", ()) if isinstance(entry, dict) else ()
            if rows and not entry.get("enabled", True):
                problems.append(f"{where}: {section}.{entry.get('id')} is switched off and proves nothing")
            status = ATTESTATION if section == "attest" else WORKS
            for row in rows:
                yield Tie(row, status, f"check: {section}.{entry.get('id')}", where)


def _of_python(path: Path) -> Iterator[Tie]:
    for function in functions(path):
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rows":
                for argument in decorator.args:
                    yield Tie(ast.literal_eval(argument), WORKS, f"check: {_name(path)}::{function.name}", _name(path))


def _of_coverage(path: Path, settings: dict[str, Any], problems: list[str]) -> Iterator[Tie]:
    where = _name(path)
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("row", ()):
        row, status, by = entry.get("id", "?"), entry.get("status"), entry.get("by", [])
        proofs = [by] if isinstance(by, str) else by
        wrong = [
            *(f"unknown key {key}" for key in set(entry) - _KEYS),
            *([f"status is none of {', '.join(STATUSES)}"] if status not in STATUSES else []),
            *(["says no reason (why)"] if status == NOT_APPLICABLE and not entry.get("why") else []),
            *(["says not what proves it (by)"] if status != NOT_APPLICABLE and not proofs else []),
            *(told for proof in proofs if (told := complaint(proof, settings)) is not None),
        ]
        problems += [f"{where}: {row}: {each}" for each in wrong]
        for proof in proofs or [""]:
            yield Tie(row, str(status), proof, where, entry.get("why", ""))


def _compare(found: Found) -> None:
    """Complain about rows that do not exist, and about rows that are both fulfilled and not applicable."""
    known = {row.id for guide in guides() for row in guide.rows}
    found.problems += [f"{tie.where}: there is no row {tie.row}" for tie in found.ties if tie.row not in known]
    by_row: dict[str, set[str]] = {}
    for tie in found.ties:
        by_row.setdefault(tie.row, set()).add(tie.status)
    found.problems += [
        f"{row} is said to be {' and '.join(sorted(statuses))}"
        for row, statuses in by_row.items()
        if NOT_APPLICABLE in statuses and len(statuses) > 1
    ]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
