"""The process that drives a browser: the question comes in the environment, the answer goes out as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.net import safe_url
from pytest_deploycheck.sources.pages import QUESTION

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

MOST: Final = 20
LONGEST: Final = 300
_SCREENSHOT_MS: Final = 4000
# what web-vitals counts: the largest paint until now, and shifts in windows of at most 5 s with gaps below 1 s
_OBSERVE: Final = """(() => {
  const seen = window.__deploycheck = {lcp: null, cls: 0};
  let first = 0, last = 0, sum = 0;
  const watch = (type, take) => {
    try { new PerformanceObserver(list => list.getEntries().forEach(take)).observe({type, buffered: true}); } catch {}
  };
  watch('largest-contentful-paint', entry => { seen.lcp = entry.startTime; });
  watch('layout-shift', entry => {
    if (entry.hadRecentInput) return;
    if (sum && entry.startTime - last < 1000 && entry.startTime - first < 5000) { sum += entry.value; }
    else { first = entry.startTime; sum = entry.value; }
    last = entry.startTime;
    seen.cls = Math.max(seen.cls, sum);
  });
})()"""
_READ: Final = """() => {
  const page = performance.getEntriesByType('navigation')[0] || {};
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const seen = window.__deploycheck || {};
  return {
    ttfb: page.responseStart, dom: page.domContentLoadedEventEnd, load: page.loadEventEnd,
    fcp: paint ? paint.startTime : null, lcp: seen.lcp, cls: seen.cls
  };
}"""
_CAUSES: Final = (
    ("ERR_TOO_MANY_REDIRECTS", "BadAnswerError", "redirects without end", "Is it a loop?"),
    ("Download is starting", "BadAnswerError", "is a download, not a page", "Check the path and its Content-Type"),
    ("ERR_ABORTED", "BadAnswerError", "gave the browser nothing to show", "Is it a download, or an empty answer?"),
    ("ERR_CONNECTION_REFUSED", "NoAnswerError", "refused the connection", "Is the service running?"),
    ("ERR_NAME_NOT_RESOLVED", "NoAnswerError", "has a host name that cannot be resolved", "Check the name and DNS"),
    ("ERR_CERT", "NoAnswerError", "has a certificate that the browser does not trust", "Renew or repair it"),
    ("ERR_", "NoAnswerError", "could not be loaded", "Look at the service's log"),
)


class Seen:
    """What a page does wrong while it is open."""

    def __init__(self, page: Page) -> None:
        """Listen to the page."""
        self.found: dict[str, list[str]] = {"exceptions": [], "console_errors": [], "failed_requests": []}
        self.counts = dict.fromkeys(self.found, 0)
        self.dialogs = 0
        page.on("pageerror", lambda error: self._note("exceptions", str(error)))
        page.on("console", self._console)
        page.on("requestfailed", lambda r: self._note("failed_requests", f"{safe_url(r.url)} {r.failure or ''}"))
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    def _note(self, kind: str, text: str) -> None:
        self.counts[kind] += 1
        if len(self.found[kind]) < MOST:
            self.found[kind].append(printable(text[:LONGEST]))

    def _console(self, line: Any) -> None:
        if line.type == "error":
            self._note("console_errors", line.text)

    def _response(self, response: Any) -> None:
        # the page's own status is judged by itself
        if response.status >= 400 and not response.request.is_navigation_request():  # noqa: PLR2004  # where errors begin
            self._note("failed_requests", f"{safe_url(response.url)} answered {response.status}")

    def _dialog(self, dialog: Any) -> None:
        self.dialogs += 1
        dialog.dismiss()


def look(page: Page, ask: dict[str, Any]) -> dict[str, Any]:
    """Open the page and return what was seen; a page that cannot be opened is an ``error``."""
    from playwright.sync_api import Error, TimeoutError  # noqa: A004, PLC0415  # an extra

    seen, deadline = Seen(page), time.monotonic() + ask["timeout"]
    where = safe_url(ask["url"])
    try:
        response = page.goto(ask["url"], wait_until="load", timeout=ask["timeout"] * 1000)
        missing = [*_missing(page, ask, deadline)]
        page.wait_for_timeout(ask["settle"] * 1000)
    except TimeoutError:
        return _error("AnswerTimeoutError", f"{where} did not finish loading within {ask['timeout']:g} s", None)
    except Error as error:
        cause = next((each for each in _CAUSES if each[0] in error.message), None)
        if cause is None:
            return _error("BadAnswerError", f"{where}: {printable(error.message.splitlines()[0][:LONGEST])}", None)
        return _error(cause[1], f"{where} {cause[2]}", cause[3])
    times = page.evaluate(_READ)
    return {
        "url": safe_url(page.url),
        "status": response.status if response else None,
        "times": [[name, value if value is None or name == "cls" else value / 1000] for name, value in times.items()],
        **seen.found,
        "counts": list(seen.counts.items()),
        "missing": missing,
        "dialogs": seen.dialogs,
    }


def _missing(page: Page, ask: dict[str, Any], deadline: float) -> list[str]:
    from playwright.sync_api import TimeoutError  # noqa: A004, PLC0415  # an extra

    wanted = [(f"the text {text!r}", page.get_by_text(text).first) for text in ask["texts"]]
    wanted += [(f"an element {selector!r}", page.locator(selector).first) for selector in ask["selectors"]]
    missing = []
    for name, place in wanted:
        try:
            place.wait_for(state="visible", timeout=max(deadline - time.monotonic(), 0.05) * 1000)
        except TimeoutError:
            missing.append(name)
    return missing


def _error(kind: str, message: str, hint: str | None) -> dict[str, Any]:
    return {"error": kind, "message": message, "hint": hint}


def _only_home(page: Page, ask: dict[str, Any]) -> None:
    """Send the declared headers to the page's own origin, and to nobody else."""
    parts = urlsplit(ask["url"])
    origin, headers = f"{parts.scheme}://{parts.netloc}", {name.lower(): value for name, value in ask["headers"]}

    def send(route: Route) -> None:
        route.continue_(headers={**route.request.headers, **headers})

    if headers:
        page.route(lambda url: url.startswith(f"{origin}/"), send)


def main() -> None:
    """Answer the question of the environment."""
    ask = json.loads(os.environ.pop(QUESTION))
    os.environ.pop("PYTHONPATH", None)
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415  # an extra
    except ImportError:
        hint = "pip install 'pytest-deploycheck[browser]'"
        sys.stdout.write(json.dumps(_error("SourceError", "pages need Playwright", hint)))
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=ask["browser"],
                # root cannot have a sandbox of its own, and small containers have little shared memory
                chromium_sandbox=not root,
                args=["--disable-dev-shm-usage", "--disable-background-networking"],
                timeout=15_000,
            )
            page = browser.new_page(ignore_https_errors=not ask["verify_tls"], accept_downloads=False)
            page.add_init_script(_OBSERVE)
            _only_home(page, ask)
            found = look(page, ask)
            found |= (
                {} if "error" in found else {"browser": browser.version, "screenshot": _screenshot(page, ask, found)}
            )
            if "error" in found:
                _screenshot(page, ask, found)
            sys.stdout.write(json.dumps(found))
            sys.stdout.flush()
            browser.close()
    except Error as error:
        words = printable(error.message.splitlines()[0][:LONGEST])
        hint = "Check service.browser, and that the program starts"
        sys.stdout.write(json.dumps(_error("SourceError", f"the browser did not start ({words})", hint)))


def _screenshot(page: Page, ask: dict[str, Any], found: dict[str, Any]) -> str | None:
    """Write a picture of a page with whatever is wrong, and return where it is."""
    wrong = "error" in found or found["missing"] or found["exceptions"] or found["failed_requests"]
    if ask["screenshot"] is None or not (wrong or found["status"] != 200):  # noqa: PLR2004  # a page
        return None
    with suppress(Exception):  # a picture that cannot be taken changes nothing
        Path(ask["screenshot"]).parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=ask["screenshot"], timeout=_SCREENSHOT_MS)
        return str(ask["screenshot"])
    return None


if __name__ == "__main__":
    main()
