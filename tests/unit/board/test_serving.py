"""The page is read only, answers to its own names alone, and shows in a real browser what the board says."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.board.building import board_of
from pytest_deploycheck.board.page import spark_svg
from pytest_deploycheck.board.serving import BoardServer
from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.model import Measurement
from tests.unit.board.conftest import MINUTE, NOON, check, measured, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_deploycheck.board.view import Board

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ALARM = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"


def board() -> Board:
    """Return a board with a finding, and with HTML in everything that comes from outside."""
    found = measured(
        Measurement(metric="e", value=7.2, unit="%", n=300, source="openmetrics"),
        parse_ladder({"critical": "> 5%"}),
        title=ALARM,
        action=ALARM,
    )
    what = seen(
        found, check("availability.service_answers"), notes=(ALARM,), links=((ALARM, "https://x.example/?a&b"),)
    )
    return board_of(what, NOON + 5 * MINUTE)


@contextmanager
def served(make: Callable[[], Board] = board, *, hosts: frozenset[str] = frozenset()) -> Iterator[BoardServer]:
    """Serve boards for a while."""
    server = BoardServer(("127.0.0.1", 0), make, hosts)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(server: BoardServer, path: str = "/", *, method: str = "GET", host: str | None = None) -> tuple[int, str, str]:
    """Return the status, the policy and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.request(method, path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Content-Security-Policy", ""), body


def test_the_pages() -> None:
    """The document, the part that is loaded anew, the JSON, style and script: all under a policy without exceptions."""
    with served() as server:
        found = {path: ask(server, path) for path in ("/", "/fragment", "/board.json", "/board.css", "/board.js")}
    assert {200} == {status for status, _, _ in found.values()}
    assert not any("unsafe" in policy or "default-src 'none'" not in policy for _, policy, _ in found.values())
    assert "<script>document" not in found["/"][2]
    assert "critical" in found["/fragment"][2]
    assert "WATCH" == json.loads(found["/board.json"][2])["decision"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(method: str) -> None:
    """Every other method is refused."""
    with served() as server:
        assert 405 == ask(server, method=method)[0]


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("[::1]:80", 200), ("board.internal", 200), ("evil.example:80", 421), ("", 421)],
)
def test_only_under_its_own_names(host: str, status: int) -> None:
    """Another name is a page of another site that had its name point here."""
    with served(hosts=frozenset({"board.internal"})) as server:
        assert status == ask(server, host=host)[0]


def test_other_paths_and_a_history_that_is_gone() -> None:
    """A path that is not ours is not found; without a history the page says why, and the server goes on."""

    def gone() -> Board:
        raise HistoryError("the history is <gone>")

    with served(gone) as server:
        assert 404 == ask(server, "/../../etc/passwd")[0]
        status, _, body = ask(server)
    assert 503 == status
    assert "the history is &lt;gone&gt;" in body


def test_a_gap_is_no_bar() -> None:
    """A missing look is drawn as a dot on the ground line."""
    svg = spark_svg((1.0, None, 2.0), None, 'a "title"')
    assert (2, 1) == (svg.count("<rect"), svg.count("<circle"))
    assert "a &quot;title&quot;" in svg


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", [390, 1440])
def test_in_a_browser(tmp_path: Path, width: int) -> None:
    """Nothing from outside runs, and everything is there."""
    assert CHROMIUM is not None
    with served() as server:
        done = subprocess.run(
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
                f"--window-size={width},900", "--virtual-time-budget=2000", "--dump-dom",
                f"http://127.0.0.1:{server.server_address[1]}/",
            ],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    assert "<title>WATCH · shop 4.2.1 (r42) in production</title>" in done.stdout
    assert "&lt;script&gt;" in done.stdout
    assert 'class="level">critical' in done.stdout
    assert '<p id="lost" role="status" hidden' in done.stdout
