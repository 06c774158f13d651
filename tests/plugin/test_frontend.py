"""Declared pages and live connections in a real session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import SourceError
from pytest_deploycheck.sources.pages import found_browser

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

PAGES = """
[[page]]
id = "home"
path = "/home"
contains = ["Welcome"]
lcp = { medium = "> 30s" }

[[page]]
id = "shop"
path = "/shop"
contains = ["Welcome"]
timeout = "3s"
"""
REALTIME = """
[[realtime]]
id = "notes"
stream = "/stream"
write = "/notes"
json = { note = "{id}" }
"""


def test_pages_are_judged(project: Project) -> None:
    """A page that shows what it has to passes with its times; another fails, with a screenshot in the reports."""
    try:
        found_browser()
    except SourceError as error:
        pytest.skip(str(error))
    project.settings(PAGES)
    # the simple service calls everything JSON, which Chromium shows as text
    project.service.answers["/home"] = (200, '{"text": "Welcome"}')
    done = project.run("--deploy-id=d1")
    home, shop = (done.checks[f"pages.page[{name}]"] for name in ("home", "shop"))
    assert ("PASS", "FAIL") == (home["status"], shop["status"])
    assert {"home.ttfb", "home.load", "home.lcp", "home.exceptions"} <= {m["metric"] for m in home["measurements"]}
    assert "the text 'Welcome' is not visible" in shop["reason"]
    pictures = [path.name for path in (project.reports / "d1" / "pages").iterdir()]
    assert 1 == len(pictures)
    assert pictures[0].startswith("shop-")
    assert pictures[0] in shop["detail"]


def test_events_need_leave_to_write(project: Project) -> None:
    """Nothing is written without --deploy-allow-writes; with it, a stream that is none is a failure."""
    project.settings(REALTIME)
    project.run()
    assert not [path for _, path, _ in project.service.asked if path in {"/notes", "/stream"}]
    done = project.run("--deploy-allow-writes")
    check = done.checks["realtime.events[notes]"]
    assert "FAIL" == check["status"]
    assert "is no event stream" in check["reason"]
    assert 0 == project.service.counts["/notes"]
