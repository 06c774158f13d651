"""Windows longer than a run waits begin with the scrape of an earlier run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import HttpAnswer, HttpAsk, Number, OpenMetricsAsk
from pytest_deploycheck.sources.openmetrics import OpenMetricsSource
from pytest_deploycheck.sources.openmetrics_compute import Scrape
from pytest_deploycheck.sources.openmetrics_store import MOST_SCRAPES, earlier, keep
from pytest_deploycheck.sources.openmetrics_text import read_exposition

if TYPE_CHECKING:
    from pathlib import Path

QUERY = 'ratio(hits_total{status="500"}, hits_total)'


def ask(store: Path | None, window: float = 300.0) -> OpenMetricsAsk:
    """Return a question that spans five minutes."""
    return OpenMetricsAsk(url="http://s/metrics", query=QUERY, window=window, store=str(store) if store else None)


def look(store: Path | None, bad: int, good: int, window: float = 300.0) -> Number:
    """Ask once in a run of its own, at which the service has counted so much."""

    def fetch(_ask: HttpAsk) -> HttpAnswer:
        user = 'user="secret-user"'
        text = f'hits_total{{status="500",{user}}} {bad}\nhits_total{{status="200",{user}}} {good}\n'
        return HttpAnswer(url="http://s/metrics", status=200, body=text.encode())

    source = OpenMetricsSource(fetch)
    try:
        return source.observe(ask(store, window))
    finally:
        source.close()


def age(store: Path, seconds: float) -> None:
    """Make every kept scrape older."""
    kept = json.loads(store.read_text())
    store.write_text(json.dumps({key: [[wall - seconds, s] for wall, s in value] for key, value in kept.items()}))


def test_the_next_run_has_a_window(tmp_path: Path) -> None:
    """The first run has no data and says why; the one after the window computes the rate over the true time."""
    store = tmp_path / "d" / "scrapes.json"
    first = look(store, 10, 990)
    assert (None, 0) == (first.value, first.n)
    assert "no scrape of this deployment from 300s ago" in str(first.note)
    age(store, 360)
    second = look(store, 17, 1083)
    assert (7.0, 100, "6m") == (second.value, second.n, second.window)


@pytest.mark.parametrize("seconds", [100, 1000])
def test_too_young_or_too_old_is_no_window(tmp_path: Path, seconds: float) -> None:
    """A scrape younger than the window, or older than three of them, does not stand in for one of the right age."""
    store = tmp_path / "scrapes.json"
    look(store, 10, 990)
    age(store, seconds)
    assert look(store, 17, 1083).value is None


def test_a_restart_counts_from_zero(tmp_path: Path) -> None:
    """Counters that are smaller than before began again."""
    store = tmp_path / "scrapes.json"
    look(store, 50, 950)
    age(store, 300)
    assert 25.0 == look(store, 10, 30).value


def test_without_a_named_deployment_nothing_is_kept(tmp_path: Path) -> None:
    """An unnamed deployment has no earlier runs: the hint says what to give."""
    assert "--deploy-id" in str(look(None, 1, 1).note)
    assert [] == list(tmp_path.iterdir())


def test_no_label_is_kept(tmp_path: Path) -> None:
    """Labels may hold anything; the file has digests of them."""
    store = tmp_path / "scrapes.json"
    look(store, 10, 990)
    assert "secret-user" not in store.read_text()
    assert "hits_total" in store.read_text()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": [[1, {"m": {"k": "x"}}]]}'])
def test_an_unreadable_file_is_an_empty_one(tmp_path: Path, text: str) -> None:
    """Whatever lies there, the run goes on and replaces it."""
    store = tmp_path / "scrapes.json"
    store.write_text(text)
    assert look(store, 1, 1).value is None
    assert json.loads(store.read_text())


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    """A file in place of the folder: no scrape is kept, the answer is the same."""
    (tmp_path / "d").write_text("in the way")
    assert look(tmp_path / "d" / "scrapes.json", 1, 1).value is None


def test_old_scrapes_go(tmp_path: Path) -> None:
    """The newest stay, and the one nearest to the window is taken."""
    store = tmp_path / "scrapes.json"
    for number in range(MOST_SCRAPES + 5):
        exposition = read_exposition(f"hits_total {number}\n".encode())
        keep(store, "a", Scrape(exposition, 0.0, 100.0 * number), ["hits_total"])
    assert MOST_SCRAPES == len(next(iter(json.loads(store.read_text()).values())))
    now = 100.0 * (MOST_SCRAPES + 4)
    found = earlier(store, "a", window=300.0, wall=now, at=50.0)
    assert found is not None
    assert (now - 300, -250.0) == (found.wall, found.at)
