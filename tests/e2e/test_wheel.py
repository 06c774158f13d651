"""Installed from the wheel into an empty environment, in an empty folder, the shipped checks run."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


class Page(http.server.BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_args: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The URL of a service on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment holding the built wheel; its dependencies are those of the environment of this test."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("pytest_deploycheck-*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, timeout=120
    )
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    site = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
    # a path in a .pth file is searched last, and .pth files behind it (the editable install) do not count
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder as a newcomer would."""
    environ = {
        key: value for key, value in os.environ.items() if not key.startswith(("DEPLOYCHECK", "PYTEST", "PYTHON"))
    }
    return subprocess.run(
        [python, "-m", "pytest", "--deploy-phase=first-hour", *arguments],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_shipped_checks_run(installed: Path, service: str, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """A folder with nothing but a deploycheck.toml is enough, and a user's file of the same name is another check."""
    (tmp_path / "deploycheck.toml").write_text(
        f'[service]\nbase_url = "{service}"\n[[endpoint]]\nid = "home"\npath = "/"\n'
    )
    own = tmp_path / "deploy_checks"
    own.mkdir()
    (own / "test_endpoints.py").write_text("def test_answers(api):\n    assert api.get('/').text == 'hello'\n")
    (tmp_path / "test_endpoints.py").write_text("def test_not_a_deployment_check():\n    raise SystemExit(99)\n")
    done = run(installed, tmp_path, *workers)
    record = json.loads((tmp_path / "reports" / "verdict.json").read_text())
    expected = [
        "availability.service_answers",
        "deploy_checks/test_endpoints.py::test_answers",
        "endpoints.answers[home]",
    ]
    assert (0, expected) == (done.returncode, sorted(check["id"] for check in record["checks"])), done.stdout
    where = [str(installed), "-c", "import pytest_deploycheck as p; print(p.__file__)"]
    shipped = subprocess.run(where, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert str(ROOT) not in shipped.stdout
