"""Pages in a real Chromium: paints, exceptions, failed requests, and whatever a page can do to whoever looks at it."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import PageAnswer, PageAsk
from pytest_deploycheck.errors import AnswerTimeoutError, BadAnswerError, NoAnswerError, SourceError
from pytest_deploycheck.sources import pages
from pytest_deploycheck.sources.pages import PageSource, found_browser
from tests.fix_http import closed_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BROKEN = """<h1>Broken</h1><img src="/nothing.png"><script>
console.error("odd \\x1b[31m"); alert("stop"); confirm("really"); setTimeout(() => { throw new Error("boom 1") }, 10)
</script>"""
SITE: dict[str, tuple[int, dict[str, str], str]] = {
    "/": (200, {}, "<title>x</title><h1 id=top>Hello, shop</h1><p hidden>secret</p><script src=/s.js></script>"),
    "/s.js": (200, {"Content-Type": "text/javascript"}, "1"),
    "/broken": (200, {}, BROKEN),
    "/gone": (404, {}, "<h1>Not found</h1>"),
    "/loop": (302, {"Location": "/loop"}, ""),
    "/file": (200, {"Content-Type": "application/zip", "Content-Disposition": "attachment; filename=a.zip"}, "PK"),
    "/spin": (200, {}, "<h1>Spin</h1><script>while (true) {}</script>"),
    "/shift": (
        200,
        {},
        "<div id=a></div><h1>Text</h1><script>setTimeout(() => {a.style.height = '300px'}, 150)</script>",
    ),
}


class Site:
    """A web server on loopback that remembers what it was sent."""

    def __init__(self) -> None:
        """Serve SITE."""
        self.sent: dict[str, str | None] = {}
        self.port = 0


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A real web server."""
    shown = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.sent[self.path] = self.headers.get("Authorization")
            if self.path == "/slow":
                time.sleep(3)
            status, headers, body = SITE.get(self.path, (404, {}, "nothing"))
            self.send_response(status)
            for name, value in ({"Content-Type": "text/html"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        shown.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield shown
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _browser() -> None:
    """Skip where there is no Chromium."""
    try:
        found_browser()
    except SourceError as error:
        pytest.skip(str(error))


def look(site: Site, path: str, **more: Any) -> PageAnswer:
    """Open a page of the site."""
    source = PageSource()
    try:
        return source.observe(PageAsk(url=f"http://127.0.0.1:{site.port}{path}", **({"timeout": 10.0} | more)))
    finally:
        source.close()


def test_a_good_page(site: Site, tmp_path: Path) -> None:
    """Status, times in their order, no errors, no screenshot; the declared header reaches the page's own origin."""
    picture = tmp_path / "a.png"
    answer = look(
        site,
        "/",
        texts=("Hello",),
        selectors=("#top", "h1"),
        screenshot=str(picture),
        headers=(("Authorization", "Bearer t"),),
    )
    times = dict(answer.times)
    assert (200, (), 0, None) == (answer.status, answer.missing, answer.dialogs, answer.screenshot)
    assert {"exceptions": 0, "console_errors": 0} == {k: v for k, v in answer.counts if k != "failed_requests"}
    assert set(times) == {"ttfb", "dom", "load", "fcp", "lcp", "cls"}
    assert 0 < (times["ttfb"] or 0) <= (times["dom"] or 0) <= (times["load"] or 0) < 10
    assert 0 < (times["fcp"] or 0) <= (times["lcp"] or 0) < 10
    assert times["cls"] == 0
    assert not picture.exists()
    assert "Bearer t" == site.sent["/"] == site.sent["/s.js"]


def test_a_broken_page(site: Site, tmp_path: Path) -> None:
    """Exceptions, errors on the console and failed requests are told; dialogs do not hold anybody up."""
    picture = tmp_path / "deep" / "a.png"
    answer = look(site, "/broken", texts=("Welcome",), timeout=2.0, screenshot=str(picture))
    counts = dict(answer.counts)
    assert (1, 1, 2) == (counts["exceptions"], counts["failed_requests"], answer.dialogs)
    assert any("boom 1" in text for text in answer.exceptions)
    assert any("/nothing.png answered 404" in text for text in answer.failed_requests)
    assert any(r"odd \x1b[31m" in text for text in answer.console_errors)
    assert ("the text 'Welcome'",) == answer.missing
    assert str(picture) == answer.screenshot
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_page_that_moves(site: Site) -> None:
    """What moves after it was painted is a layout shift."""
    assert 0 < (dict(look(site, "/shift").times)["cls"] or 0) < 1


def test_a_status_is_an_answer(site: Site) -> None:
    """Whether 404 is wrong is not the browser's to say."""
    assert 404 == look(site, "/gone").status


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/loop", BadAnswerError, "redirects without end"),
        ("/file", BadAnswerError, "download|nothing to show"),
        ("/slow", AnswerTimeoutError, "did not finish loading within 1 s"),
        ("/spin", AnswerTimeoutError, "did not finish loading within 1 s|held the browser"),
    ],
)
def test_what_is_no_page(
    site: Site, monkeypatch: pytest.MonkeyPatch, path: str, error: type[Exception], words: str
) -> None:
    """A loop, a download, a page that never ends: each has a clear end within the time."""
    monkeypatch.setattr(pages, "_OVERHEAD", 8.0)
    with pytest.raises(error, match=words):
        look(site, path, timeout=1.0)


def test_a_service_that_is_down() -> None:
    """A closed port is told as such."""
    with pytest.raises(NoAnswerError, match="refused the connection"):
        PageSource().observe(PageAsk(url=f"http://127.0.0.1:{closed_port()}/"))


def test_a_browser_that_is_none(tmp_path: Path) -> None:
    """A program that is no browser, and one that is not there, are an ERROR of ours."""
    wrong = tmp_path / "chromium"
    wrong.write_text("#!/bin/sh\nexit 3\n")
    wrong.chmod(0o755)
    for browser in (str(wrong), str(tmp_path / "none")):
        with pytest.raises(SourceError, match="the browser did not start"):
            PageSource().observe(PageAsk(url="http://127.0.0.1:1/", browser=browser))


def test_no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Chromium the error says what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pages, "PROGRAMS", ("chromium",))
    with pytest.raises(SourceError, match="Install chromium"):
        found_browser()
