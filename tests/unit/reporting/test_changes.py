"""What changed between two runs, and against the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.reporting.changes import changes_between, moves_of
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from tests.unit.reporting.conftest import MakeCheck


def test_each_change_stands_in_its_group(make_check: MakeCheck) -> None:
    """Worse, better, recovered, new and gone; what stayed as it is is only counted when it is bad."""
    pairs = {
        "broke": (Status.PASS, Status.FAIL),
        "eased": (Status.FAIL, Status.WARN),
        "mended": (Status.ERROR, Status.PASS),
        "bad": (Status.WARN, Status.WARN),
        "good": (Status.PASS, Status.PASS),
    }
    before = [make_check(name, status=old) for name, (old, _) in pairs.items()] + [make_check("gone")]
    now = [make_check(name, status=new) for name, (_, new) in pairs.items()] + [make_check("new")]
    found = changes_between(before, now, against="run 1")
    groups = (found.worse, found.better, found.recovered, found.new, found.gone)
    assert [["broke"], ["eased"], ["mended"], ["new"], ["gone"]] == [[each.id for each in group] for group in groups]
    assert (1, "run 1") == (found.still, found.against)


def test_another_phase_has_other_checks(make_check: MakeCheck) -> None:
    """What only one of two phases checks is neither new nor gone."""
    found = changes_between([make_check("a")], [make_check("b")], whole=False)
    assert ((), ()) == (found.new, found.gone)


def test_without_an_earlier_run_nothing_changed(make_check: MakeCheck) -> None:
    """No run to compare with is not the same as a run without checks."""
    assert "" == changes_between(None, [make_check()]).against
    assert ["a"] == [each.id for each in changes_between([], [make_check("a")]).new]


def test_moves_come_worst_first_and_small_ones_not_at_all(make_check: MakeCheck) -> None:
    """A number from 0 weighs most among equals; less than a tenth is no news; a word does not move."""
    values = {"same": (10, 10), "little": (10, 10.5), "double": (10, 20), "fell": (10, 5), "up": (0, 1)}
    checks = [
        make_check(name, measured={"metric": name, "value": now}, judged={"baseline": before})
        for name, (before, now) in values.items()
    ]
    bad = make_check("bad", status=Status.FAIL, measured={"metric": "bad", "value": 12}, judged={"baseline": 10})
    word = make_check("word", measured={"value": "index scan"}, judged={"baseline": 1.0})
    moves, known = moves_of([*checks, bad, word])
    assert ["bad", "up", "double", "fell"] == [move.metric for move in moves]
    assert known


def test_no_baseline_is_said(make_check: MakeCheck) -> None:
    """Without any baseline the report can say so, instead of "nothing moved"."""
    assert ((), False) == moves_of([make_check()])
