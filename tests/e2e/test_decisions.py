"""The decision table, against the real demo, from the command line, with and without pytest-xdist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.demo.launch import RunningDemo, start_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
STRICT = ("--deploy-strict",)

TABLE = [
    pytest.param((), (), "PASS", 0, id="none"),
    pytest.param(("error-rate=3",), (), "WARN", 0, id="error-rate-3"),
    pytest.param(("error-rate=3",), STRICT, "WARN", 10, id="error-rate-3-strict"),
    pytest.param(("error-rate=7",), (), "WATCH", 12, id="error-rate-7"),
    pytest.param(("error-rate=20",), (), "ROLLBACK", 20, id="error-rate-20"),
    pytest.param(("login-broken",), (), "ROLLBACK", 20, id="login-broken"),
    pytest.param(("down",), (), "ROLLBACK", 20, id="down"),
    pytest.param(("db-down",), (), "ROLLBACK", 20, id="db-down"),
    pytest.param(("slow=1.2",), (), "WARN", 0, id="slow-1.2"),
    pytest.param(("slow=3",), (), "WATCH", 12, id="slow-3"),
    pytest.param(("orphans=12",), (), "WATCH", 12, id="orphans"),
    pytest.param(("orphans=12", "down"), (), "ROLLBACK_NOW", 21, id="orphans-and-down"),
    pytest.param(("tenant-leak",), (), "ROLLBACK_NOW", 21, id="tenant-leak"),
    pytest.param(("traffic-stop",), (), "INCONCLUSIVE", 11, id="traffic-stop"),
    pytest.param(("metrics-gone",), (), "INCONCLUSIVE", 11, id="metrics-gone"),
    pytest.param(("hang",), (), "ROLLBACK", 20, id="hang"),
    pytest.param(("garbage-json",), (), "ROLLBACK", 20, id="garbage-json"),
    pytest.param(("huge-body",), (), "ROLLBACK", 20, id="huge-body"),
]


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """A running demo, shared by the module; each test switches its own faults on and all off again."""
    with start_demo() as running:
        yield running


@pytest.fixture
def faulty(demo: RunningDemo) -> Iterator[RunningDemo]:
    """The demo, healthy again after the test."""
    yield demo
    demo.clear()


def decide(
    demo: RunningDemo, folder: Path, *arguments: str, cwd: Path = ROOT, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the gate against the demo and return what it printed."""
    command = [sys.executable, "-m", "pytest", "--deploy-phase=first-hour", "--deploy-allow-writes"]
    options = ["--deploy-version", demo.version, "--deploy-id", "e2e", "--deploy-report-dir", str(folder)]
    return subprocess.run(
        [*command, *options, "-p", "no:cacheprovider", *arguments],
        cwd=cwd,
        env={**os.environ, **demo.environ, **environ},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@WORKERS
@pytest.mark.parametrize(("faults", "arguments", "decision", "code"), TABLE)
def test_decision(
    faulty: RunningDemo,
    tmp_path: Path,
    workers: tuple[str, ...],
    faults: tuple[str, ...],
    arguments: tuple[str, ...],
    decision: str,
    code: int,
) -> None:
    """Each fault leads to its decision and exit code, however many workers look."""
    for fault in faults:
        faulty.fault(fault)
    done = decide(faulty, tmp_path, *workers, *arguments)
    verdict = json.loads((tmp_path / "verdict.json").read_text())["verdict"]
    assert (decision, code, code) == (verdict["decision"], verdict["exit_code"], done.returncode), done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert f"{decision.replace('_', ' ')}</h1>" in (tmp_path / "report.html").read_text()
    assert decision.replace("_", "\\_") in (tmp_path / "summary.md").read_text()


@WORKERS
def test_required_attestation_is_missed_and_then_given(
    faulty: RunningDemo, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """A required question that nobody answered is INCONCLUSIVE; ``deploycheck attest`` makes it PASS."""
    settings = tmp_path / "deploycheck.toml"
    settings.write_text(
        (ROOT / "deploycheck.toml").read_text() + '\n[[attest]]\nid = "sign-off"\nquestion = "Signed off?"\n'
    )
    config = ("--deploy-config", str(settings), "-o", "addopts=")
    reports = tmp_path / "reports"
    before = decide(faulty, reports, *workers, *config)
    assert before.returncode == 11, before.stdout
    assert "deploycheck attest sign-off --by NAME --deploy-id e2e" in " ".join(before.stdout.split())
    given = subprocess.run(
        [sys.executable, "-m", "pytest_deploycheck.cli", "attest", "sign-off", "--by", "Ada", "--deploy-id", "e2e",
         "--deploy-config", str(settings)],
        env={**os.environ, **faulty.environ}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (0, "") == (given.returncode, given.stderr)
    after = decide(faulty, reports, *workers, *config)
    assert after.returncode == 0, after.stdout


@WORKERS
def test_no_secret_is_shown(faulty: RunningDemo, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """A secret in a body, a header, the DSN or an error text is in no file and on no terminal, and still judged."""
    faulty.fault("secret-in-body")
    done = decide(faulty, tmp_path, *workers, "-v", "--junitxml", str(tmp_path / "junit.xml"))
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    shown = done.stdout + done.stderr + written
    names = ("SECRET", "APP_PASSWORD", "PASSWORD", "ADMIN_KEY", "DSN")
    found = [name for name in names if faulty.environ[f"DEPLOYCHECK_DEMO_{name}"] in shown]
    assert [] == found
    assert done.returncode == 12, done.stdout
    assert "***" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "settings", "complaint"),
    [
        (("--deploy-phase=first-our",), None, "first-hour"),
        ((), "[service]\nbase_url = 'nonsense'\ntimeot = '5s'\n", "timeout"),
        ((), "[service]\nbase_url = 'http://127.0.0.1:1'\n[database]\ndsn = '${DATABASE_URL}'\n", "DATABASE_URL"),
    ],
    ids=["phase", "settings", "database-url"],
)
@WORKERS
def test_usage_errors(
    demo: RunningDemo,
    tmp_path: Path,
    workers: tuple[str, ...],
    arguments: tuple[str, ...],
    settings: str | None,
    complaint: str,
) -> None:
    """A wrong command line or wrong settings end with 4 and say what to do, without a traceback."""
    if settings is not None:
        (tmp_path / "deploycheck.toml").write_text(settings)
        arguments = ("--deploy-config", str(tmp_path / "deploycheck.toml"))
    done = decide(demo, tmp_path / "reports", *workers, *arguments, DATABASE_URL="")
    output = done.stdout + done.stderr
    assert done.returncode == 4, output
    assert complaint in output
    assert "Traceback" not in output


def test_a_wrong_password_of_ours_is_no_outage(demo: RunningDemo, tmp_path: Path) -> None:
    """A rotated secret of the pipeline must not roll back a healthy service."""
    login, _, rest = demo.dsn.rpartition("@")
    done = decide(demo, tmp_path, DEPLOYCHECK_DEMO_DSN=f"{login}x@{rest}")
    assert 11 == done.returncode, done.stdout
    assert "rejected our login" in " ".join(done.stdout.split())


def test_getting_worse_between_two_runs(faulty: RunningDemo, tmp_path: Path) -> None:
    """A finding that is seen again beside a new one turns WATCH into ROLLBACK."""
    faulty.fault("orphans=12")
    assert 12 == decide(faulty, tmp_path).returncode
    faulty.fault("error-rate=7")
    done = decide(faulty, tmp_path)
    record = json.loads((tmp_path / "verdict.json").read_text())
    assert (20, 2) == (done.returncode, record["tick"]), done.stdout
    assert "getting worse" in record["verdict"]["rule"]
