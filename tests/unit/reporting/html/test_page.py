"""The report in a real browser: nothing runs that comes from outside, and the filter does what the address says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_deploycheck
from pytest_deploycheck.reporting.html import style_and_script
from pytest_deploycheck.wire import encode_record

if TYPE_CHECKING:
    from pytest_deploycheck.model import RunRecord

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ALARM = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
BRIDGE = """
from pathlib import Path
from pytest_deploycheck.reporting import html
from pytest_deploycheck.wire import decode_record

RECORD = decode_record(Path(__file__).with_name("verdict.json").read_text("utf-8"))
BY_NAME = {check.nodeid.rpartition("::")[2]: check for check in RECORD.checks}

def pytest_html_results_summary(prefix):
    prefix += [html.style_and_script(), html.banner_html(RECORD), html.filters_html(RECORD)]
    prefix += [html.measurements_html(RECORD)]

def pytest_html_results_table_header(cells):
    cells += html.header_cells()

def pytest_html_results_table_row(report, cells):
    html.escape_cells(report.nodeid, cells)
    cells += html.row_cells(BY_NAME.get(report.nodeid.rpartition("::")[2]))

def pytest_metadata(metadata):
    metadata["branch"] = "ALARM"
    html.escape_environment(metadata)
"""
TESTS = """
import pytest

@pytest.mark.parametrize("status", [
    pytest.param("PASS", id="endpoints.answers[health]"),
    pytest.param("FAIL", id="flows.works[checkout]"),
])
def test_it(status):
    assert status == "PASS"

@pytest.mark.parametrize("text", ["<script>document.title='pwned'</script>"])
def test_other(text):
    pass
"""


class Page(HTMLParser):
    """What a rendered page shows: its title, its scripts, and the check rows that are not hidden."""

    def __init__(self, dom: str) -> None:
        """Read the dumped DOM."""
        super().__init__()
        self.shown: list[str] = []
        self.tests: list[str] = []
        self._body_hidden = False
        self.feed(dom)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the bodies of both tables."""
        found = dict(attrs)
        if tag == "tbody":
            self._body_hidden = "hidden" in found
        if tag == "tbody" and (found.get("id") or "").startswith("check=") and not self._body_hidden:
            self.shown.append((found["id"] or "").removeprefix("check="))
        if tag == "td" and found.get("class") == "col-dcstatus" and not self._body_hidden:
            self.tests.append(found.get("data-status") or "no check")


def browse(path: Path, folder: Path, fragment: str = "") -> tuple[str, str]:
    """Return the DOM of a page after its scripts ran, and what the browser logged."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
        f"--user-data-dir={folder}", "--dump-dom", f"{path.as_uri()}{fragment}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, record: RunRecord) -> Path:
    """Return a report that pytest-html wrote in a session of its own, full of hostile text."""
    folder = tmp_path_factory.mktemp("report")
    failed = replace(record.checks[1], reason=ALARM, title=ALARM, detail=ALARM)
    hostile = replace(record, checks=(record.checks[0], failed, *record.checks[2:]), service=ALARM)
    (folder / "verdict.json").write_text(encode_record(hostile), "utf-8")
    (folder / "conftest.py").write_text(BRIDGE.replace('"ALARM"', repr(ALARM)))
    (folder / "test_endpoints.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--html=report.html"]
    done = subprocess.run(
        [*command, "--self-contained-html"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(pytest_deploycheck.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert pytest.ExitCode.TESTS_FAILED == done.returncode, done.stdout + done.stderr
    return folder / "report.html"


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found on this machine")


def test_the_page_fetches_nothing() -> None:
    """Style and script hold no address and no way to leave the page."""
    text = style_and_script()
    words = ("http:", "https:", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "eval(")
    assert [] == [word for word in words if word in text]
    assert text.count("</script") == text.count("</style") == 1


def test_the_file_loads_nothing_from_elsewhere(report: Path) -> None:
    """The whole report names no script, style, image or font outside itself."""
    text = report.read_text("utf-8")
    assert [] == re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", text)


@needs_chromium
def test_the_verdict_stands_on_top_and_hostile_text_stays_text(report: Path, tmp_path: Path) -> None:
    """The banner opens the page, no injected script ran, and the console is silent."""
    dom, console = browse(report, tmp_path / "profile")
    body = dom[dom.index("<body") :]
    assert re.match(r'<body[^>]*><main><section id="dc-verdict"', body)
    assert "ROLLBACK</h1>" in dom
    assert "&lt;script&gt;document.title='pwned'&lt;/script&gt;" in dom
    assert '<title id="head-title">report.html</title>' in dom
    assert console == ""


@needs_chromium
@pytest.mark.parametrize(
    ("fragment", "shown", "tests"),
    [
        ("", 5, ["FAIL", "PASS", "no check"]),
        ("#status=FAIL", 1, ["FAIL", "no check"]),
        ("#status=PASS,WARN&severity=medium", 1, ["no check"]),
        ("#q=QUEUE", 1, []),
        ("#status=FAIL&check=endpoints.answers%5Bhealth%5D", 2, ["FAIL", "no check"]),
        ("#status=%E0%A4%A&q=%", 0, []),
    ],
    ids=["all", "status", "both", "text", "deep-link", "broken"],
)
def test_the_address_holds_the_filter(
    fragment: str, shown: int, tests: list[str], report: Path, tmp_path: Path
) -> None:
    """The fragment hides rows of both tables, and a deep link shows its check in any case."""
    dom, console = browse(report, tmp_path / "profile", fragment)
    page = Page(dom)
    assert console == ""
    assert (shown, tests) == (len(page.shown), page.tests)


@needs_chromium
def test_the_filter_is_worked_from_the_keyboard_and_survives_a_redraw(report: Path, tmp_path: Path) -> None:
    """A box changes the address, pytest-html's own buttons keep the filter, a link adds its check, "/" searches."""
    hands = """<script>document.addEventListener("DOMContentLoaded", () => {
      document.querySelector('input[name="status"][value="PASS"]').click();
      document.getElementById("show_all_details").click();
      document.body.dataset.address = location.hash;
      document.querySelector('.dc-evidence a').click();
      document.body.dataset.linked = location.hash;
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
      document.body.dataset.focus = document.activeElement.name;
    });</script></body>"""
    page = report.with_name("worked.html")
    page.write_text(report.read_text("utf-8").replace("</body>", hands), "utf-8")
    dom, console = browse(page, tmp_path / "profile")
    kept = "#status=FAIL,ERROR,INCONCLUSIVE,WARN"
    assert console == ""
    assert f'data-address="{kept}"' in dom
    assert f'data-linked="{kept}&amp;check=flows.works%5Bcheckout%5D"' in dom
    assert 'data-focus="q"' in dom
    assert ["FAIL", "no check"] == Page(dom).tests
    assert len(Page(dom).shown) == 4
