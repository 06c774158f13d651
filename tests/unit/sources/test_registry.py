"""The registry: every ask has a source, and none is built before it is asked."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from typing import Any

import pytest

from pytest_deploycheck import asks
from pytest_deploycheck.asks import HttpAsk, TcpAsk
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.registry import LINES, LazySource, SourceLine, build_sources
from tests.fix_http import Server, forever


class Counted:
    """A source that remembers how often it was built."""

    ask_type = int
    built = 0
    closed = 0
    requests = 7

    def __init__(self, fetch: Any = None) -> None:
        """Count."""
        type(self).built += 1
        self.fetch = fetch

    def observe(self, ask: int) -> int:
        """Return double, or what the needed source says."""
        return self.fetch(ask) if self.fetch else ask * 2

    def close(self) -> None:
        """Count."""
        type(self).closed += 1


@pytest.fixture(autouse=True)
def _from_zero() -> None:
    """Start every test with nothing built."""
    Counted.built = Counted.closed = 0


LINE = SourceLine(int, f"{__name__}:Counted")


def test_every_ask_has_a_line() -> None:
    """No kind of ask is left without a source."""
    kinds = {
        kind for name, kind in vars(asks).items() if name.endswith("Ask") and name != "Ask" and inspect.isclass(kind)
    }
    assert kinds == {line.ask_type for line in LINES} == set(build_sources())


def test_every_line_names_a_class_that_fits() -> None:
    """Each line can be imported, and its class has what a source needs."""
    sources = build_sources()
    for kind, source in sources.items():
        assert isinstance(source, LazySource)
        built = source._built()
        assert isinstance(built, Source)
        assert built.ask_type is kind
        source.close()


def test_building_imports_nothing_heavy() -> None:
    """Neither driver nor HTTP library is loaded before the first ask."""
    code = (
        "import sys; from pytest_deploycheck.sources.registry import build_sources; build_sources();"
        "print([name for name in ('httpx', 'httpcore', 'psycopg', 'psutil') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_source_is_built_once_by_whoever_comes_first() -> None:
    """Many threads at once build a single source."""
    source = build_sources((LINE,))[int]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(source.observe(4))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [8] * 16
    assert Counted.built == 1


def test_a_source_that_was_never_asked_is_never_closed() -> None:
    """Closing builds nothing, and closes what was built."""
    source = build_sources((LINE,))[int]
    source.close()
    assert (Counted.built, Counted.closed) == (0, 0)
    source.observe(1)
    source.close()
    assert Counted.closed == 1


def test_a_source_gets_the_others_that_it_needs() -> None:
    """A keyword of the line is filled with the other source's ``observe``."""
    sources = build_sources((LINE, SourceLine(str, f"{__name__}:Counted", {"fetch": int})))
    assert sources[str].observe(21) == 42


def test_requests_are_counted_by_the_source_that_sends_them() -> None:
    """A source that asks through another one counts nothing itself."""
    sources = build_sources((LINE, SourceLine(str, f"{__name__}:Counted", {"fetch": int})))
    assert [getattr(source, "requests", None) for source in sources.values()] == [0, 0]
    sources[str].observe(1)
    assert [getattr(source, "requests", None) for source in sources.values()] == [7, 0]


def test_the_real_sources_answer() -> None:
    """HTTP and TCP work through the registry."""
    sources = build_sources()
    with Server(forever(lambda talk, _: talk.answer())) as server:
        assert sources[HttpAsk].observe(HttpAsk(url=server.url)).status == 200
        assert sources[TcpAsk].observe(TcpAsk(address="127.0.0.1", port=server.port)).unit == "s"
        for source in sources.values():
            source.close()
