"""Which deployment a run is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_deploycheck.deployments import deployment_of, read_time
from pytest_deploycheck.errors import SettingsError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5m", NOW - timedelta(minutes=5)),
        (" 2h ", NOW - timedelta(hours=2)),
        ("2026-03-01T11:00:00Z", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T13:00:00+02:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("1772362800", datetime(2026, 3, 1, 11, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    """An age, ISO 8601 with a zone, and Unix time are all the same moment in UTC."""
    assert expected == read_time(text, NOW)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-03-01T11:00:00", "5 parsecs", "-5m", "1e400", "9" * 40, "2026-13-01"]
)
def test_no_time(text: str) -> None:
    """Anything else is one clear error; a time without a zone would be somebody's guess."""
    with pytest.raises(SettingsError, match=r"--deployed-at: not a time with a time zone, nor an age"):
        read_time(text, NOW)


def test_an_unnamed_deployment_is_new_each_time() -> None:
    """Without id and time it began now, and has no earlier runs."""
    made = deployment_of(NOW)
    assert ("production-unnamed-20260301T120000Z", NOW, False, False) == (
        made.id,
        made.deployed_at,
        made.explicit,
        made.deployed_at_known,
    )


def test_a_time_names_a_deployment() -> None:
    """The same time gives the same id in every run, with the version in it."""
    first = deployment_of(NOW, deployed_at="2026-03-01T11:00:00Z", version="1.2", environment="staging")
    later = deployment_of(
        NOW + timedelta(hours=3), deployed_at="2026-03-01T11:00:00Z", version="1.2", environment="staging"
    )
    assert "staging-1.2-20260301T110000Z" == first.id
    assert first == later
    assert first.explicit


def test_an_age_names_none() -> None:
    """Five minutes ago is another moment in the next run: without an id it has no earlier runs."""
    made = deployment_of(NOW, deployed_at="5m")
    assert (True, False) == (made.deployed_at_known, made.explicit)


def test_an_id_names_a_deployment() -> None:
    """The given id is kept as it is."""
    made = deployment_of(NOW, identity="release 118/b")
    assert ("release 118/b", True) == (made.id, made.explicit)
