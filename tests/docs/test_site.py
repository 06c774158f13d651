"""The site is built without a warning, fetches nothing, holds the reference, and what its pages show is true."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.cli import COMMANDS
from pytest_deploycheck.plugin.options import _SWITCHES, _VALUES, MARKERS
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.verdict.rules import RULES
from tests.docs.test_pages import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TUTORIAL = "docs/tutorial.md"
LINKED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")
BODIES = {
    "/health": '{"version": "2.4.0"}',
    "/api/catalogue": '{"items": [{"id": 7}]}',
    "/stats": '{"queue": {"length": 12}}',
}
HEAD = '[service]\nbase_url = "http://shop.internal"\nmetrics = "/metrics"\n[database]\ndsn = "postgresql://u:p@h/d"\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return folder


def test_the_site_fetches_nothing(site: Path) -> None:
    """No page names a script, style, picture or font of another host, and no style imports one."""
    pages = {page.name: LINKED.findall(page.read_text("utf-8")) for page in site.rglob("*.html")}
    assert {} == {name: found for name, found in pages.items() if found}
    styles = "".join(each.read_text("utf-8") for each in site.rglob("*.css"))
    assert [] == re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles)


def test_the_reference_holds_everything(site: Path) -> None:
    """Every command, option, marker, hook, fixture and rule stands on a page that was made from the code."""
    page = "".join(each.read_text("utf-8") for each in (site / "reference").glob("*.html"))
    flags = [flag for flag, *_ in (*_VALUES, *_SWITCHES)]
    markers = [line.split("(")[0].split(":")[0] for line in MARKERS]
    hooks = ["pytest_deploycheck_sources", "pytest_deploycheck_channels", "pytest_deploycheck_verdict"]
    fixtures = ["<code>thresholds</code>", "<code>api</code>", "<code>attestations</code>"]
    wanted = [f"deploycheck {name}" for name in COMMANDS] + flags + markers + hooks + fixtures
    assert [] == [words for words in (*wanted, *(rule.text for rule in RULES)) if words not in page]
    assert (site / "verdict.schema.json").is_file()


@pytest.fixture
def shop() -> Iterator[str]:
    """Return the address of a service like the one in the tutorial."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = BODIES.get(self.path.partition("?")[0], "{}").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_tutorial_leads_to_a_gate(shop: str, tmp_path: Path) -> None:
    """Every command of the page, in its order, with the settings as far as the reader has come, ends as it says."""
    page = (ROOT / TUTORIAL).read_text("utf-8")
    found = re.findall(r"^```(sh|toml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert "pip install" in found[0][1]
    (tmp_path / "bin").mkdir()
    for name, module in {"pytest": "pytest", "deploycheck": "pytest_deploycheck.cli"}.items():
        program = tmp_path / "bin" / name
        plain = " -p no:cacheprovider" if name == "pytest" else ""
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"{plain}\n')
        program.chmod(0o755)
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path), "SHOP_URL": shop, "LANG": "C.UTF-8"}
    ended = []
    for language, text in found[1:]:
        if language == "toml":
            (tmp_path / "deploycheck.toml").write_text(text)
            continue
        for line in text.splitlines():
            command, _, said = line.partition("    # exits with ")
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            ended.append((command, int(said or 0), done.returncode, done.stdout[-2000:] + done.stderr[-500:]))
    assert [] == [each for each in ended if each[1] != each[2]]
    assert len(ended) == 7
    assert "What changed" in (tmp_path / "reports" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("number", range(len(blocks("docs/migrating.md", "toml"))))
def test_settings_for_those_who_come_from_elsewhere_are_valid(number: int, tmp_path: Path) -> None:
    """What stands beside the other tool's words loads."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(HEAD + blocks("docs/migrating.md", "toml")[number])
    assert list(load_settings(path, cwd=tmp_path, environ={}).all_items())
