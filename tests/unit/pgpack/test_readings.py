"""Proofs and findings as measurements: every key with its judgement, the sum first, and nothing unverified passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_deploycheck.judgement.judge import is_ignored
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.pgpack.catalogue import Reference
from pytest_deploycheck.pgpack.findings import Finding, bad, good, unverified
from pytest_deploycheck.pgpack.proving import Proved
from pytest_deploycheck.pgpack.readings import MOST_CLEAN, Earlier, Judges, finding_readings, key_readings
from pytest_deploycheck.status import Severity, Status
from tests.unit.pgpack.keys import key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY = Judges(
    keys=parse_ladder({"critical": "> 0"}),
    soft=parse_ladder({"low": ">= 1", "medium": "> 5", "critical": "> 10"}),
    now=NOW,
    max_age=3600,
)


def judged(*results: Proved, by: Judges = BY) -> list[tuple[Status, Severity | None, float | int | bool | str | None]]:
    """Return status, severity and value of the readings."""
    found = key_readings(results, (), by)
    return [(each.judgement.status, each.judgement.severity, each.measurement.value) for each in found]


def test_the_sum_comes_first() -> None:
    """One reading says how many of how many are unverified, then the worst key first."""
    found = key_readings(
        [Proved(key=key("a"), form="gap", orphans=0), Proved(key=key("b"), form="gap", orphans=2, samples=("7",))],
        (),
        BY,
    )
    assert ["foreign_keys.unverified", "orphans:s.b.k", "orphans:s.a.k"] == [each.measurement.metric for each in found]
    assert ("2 of 2 keys, 0 unverified", 0, 2) == (
        found[0].measurement.note, found[0].measurement.value, found[0].measurement.n
    )  # fmt: skip
    assert "2 rows of s.b without s.p (keys: 7): 2 > 0 (critical)" == found[1].judgement.reason


@pytest.mark.parametrize(("orphans", "severity"), [(1, Severity.LOW), (6, Severity.MEDIUM), (11, Severity.CRITICAL)])
def test_soft_references_have_levels_of_their_own(orphans: int, severity: Severity) -> None:
    """The ladder of the guides judges what no constraint promises."""
    assert severity is judged(Proved(key=key("a", soft=True), form="gap", orphans=orphans))[1][1]


def test_unverified_never_passes() -> None:
    """A key without a count makes its own reading and the sum INCONCLUSIVE."""
    found = judged(Proved(key=key("a"), form="gap", reason="locked"), Proved(key=key("b"), form="gap", orphans=0))
    assert [(Status.INCONCLUSIVE, None, 1), (Status.INCONCLUSIVE, None, None), (Status.PASS, None, 0)] == found


def test_a_missing_reference_is_unverified() -> None:
    """A declaration that the database does not know is no pass."""
    (total, missing) = key_readings((), [Reference("a.b", "c.d")], BY)
    assert ("0 of 1 key, 1 unverified", Status.INCONCLUSIVE) == (total.measurement.note, missing.judgement.status)


def test_nothing_to_prove_has_no_say() -> None:
    """A database without keys is neither green nor in the way."""
    (total,) = key_readings((), (), BY)
    assert (Status.INCONCLUSIVE, True) == (total.judgement.status, is_ignored(total.judgement))


@pytest.mark.parametrize(("age", "skipped", "covered"), [(60, True, True), (3601, True, False), (60, False, False)])
def test_earlier_runs_cover_what_had_no_time(age: int, skipped: bool, covered: bool) -> None:  # noqa: FBT001  # a case
    """A proof by an earlier run counts when this run only lacked time, and not for ever."""
    earlier = {"s.a.k": Earlier(NOW.timestamp() - age, 0)}
    by = Judges(keys=BY.keys, soft=BY.soft, now=NOW, max_age=3600, earlier=earlier)
    (total, one) = key_readings([Proved(key=key("a"), form="gap", reason="time", skipped=skipped)], (), by)
    scope = "1 of 1 key, 1 of them by earlier runs, 0 unverified" if covered else "0 of 1 key, 1 unverified"
    assert (scope, covered) == (total.measurement.note, one.judgement.status is Status.PASS)


def test_an_earlier_finding_stays() -> None:
    """Orphans that an earlier run found are not forgotten because this one had no time."""
    by = Judges(keys=BY.keys, soft=BY.soft, now=NOW, max_age=3600, earlier={"s.a.k": Earlier(NOW.timestamp() - 9, 4)})
    assert (Status.FAIL, Severity.CRITICAL, 4) == judged(
        Proved(key=key("a"), form="gap", reason="time", skipped=True), by=by
    )[1]


def test_a_key_that_is_not_enforced_promises_nothing() -> None:
    """Its orphans are told and do not count."""
    assert (Status.PASS, None, 3) == judged(Proved(key=key("a", enforced=False), form="gap", orphans=3))[1]


def test_thousands_of_clean_keys_are_told_by_the_sum() -> None:
    """The report holds every bad key and a bounded number of good ones."""
    results = [Proved(key=key(f"t{i}"), form="gap", orphans=int(i == 999)) for i in range(1000)]
    found = key_readings(results, (), BY)
    assert (2 + MOST_CLEAN, "1000 of 1000 keys, 0 unverified") == (len(found), found[0].measurement.note)
    assert "orphans:s.t999.k" == found[1].measurement.metric


@pytest.mark.parametrize(
    ("finding", "status", "ignored"),
    [
        (good("c", "o", "fine", scope="1 of 1"), Status.PASS, False),
        (bad("c", "o", Severity.HIGH, "broken", scope="1 of 1"), Status.FAIL, False),
        (bad("c", "o", Severity.LOW, "odd", scope="1 of 1"), Status.WARN, False),
        (bad("c", "o", None, "a remark", scope="1 of 1"), Status.PASS, False),
        (unverified("c", "o", Severity.HIGH, "no right", scope="0 of 1"), Status.INCONCLUSIVE, False),
        (unverified("c", "o", None, "a remark", scope="0 of 1"), Status.INCONCLUSIVE, True),
    ],
)
def test_findings(finding: Finding, status: Status, ignored: bool) -> None:  # noqa: FBT001  # a case
    """Findings keep their status; remarks have no say."""
    (reading,) = finding_readings([finding], NOW)
    assert (status, ignored, "c:o") == (
        reading.judgement.status, is_ignored(reading.judgement), reading.measurement.metric
    )  # fmt: skip
