"""A project of its own for each test: a folder with settings and checks, a service on loopback, and the real pytest."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_prometheus import prometheus
from tests.fix_redis import redis_port

__all__ = ["prometheus", "redis_port"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from _pytest.pytester import RunResult

OVERHEAD = ("-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "no:hypothesispytest", "-p", "no:anyio")
DEPLOYCHECK = "DEPLOYCHECK_"
PLATFORMS = ("GITHUB_", "GITLAB_", "CI_", "VERCEL", "RAILWAY_")
LEAKING = ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")

Answer = tuple[int, str]


@dataclass
class Service:
    """What was deployed: answers 200 and ``{}`` unless ``answers`` says otherwise, and remembers who asked what."""

    port: int = 0
    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def counts(self) -> Counter[str]:
        """How often each path was asked."""
        return Counter(path for _, path, _ in self.asked)

    def answer(self, path: str) -> Answer:
        """Return status and body for a path."""
        found = self.answers.get(path, (200, "{}"))
        return found() if callable(found) else found


@pytest.fixture
def service() -> Iterator[Service]:
    """A service on loopback."""
    shown = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            shown.asked.append((self.command, self.path, {name.title(): text for name, text in self.headers.items()}))
            status, text = shown.answer(self.path)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  # the names are http.server's

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


@dataclass(frozen=True)
class Done:
    """A finished run: its exit code, what it printed, and what it wrote."""

    code: int
    out: str
    err: str
    reports: Path
    verdict_json: str | None = None

    @property
    def shown(self) -> str:
        """Everything that was printed."""
        return self.out + self.err

    @property
    def record(self) -> dict[str, Any]:
        """verdict.json."""
        assert self.verdict_json is not None, self.shown
        record: dict[str, Any] = json.loads(self.verdict_json)
        return record

    @property
    def decision(self) -> str:
        """The verdict's word."""
        return str(self.record["verdict"]["decision"])

    @property
    def verdict(self) -> tuple[str, int]:
        """The verdict's word and the exit code, which verdict.json and the process have to agree on."""
        assert self.code == self.record["verdict"]["exit_code"], self.shown
        return self.decision, self.code

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The recorded checks by the last part of their id."""
        return {str(check["id"]).rpartition("::")[2]: check for check in self.record["checks"]}

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each of the user's own checks."""
        return {name: check["status"] for name, check in self.checks.items() if "::" in check["id"]}

    @property
    def written(self) -> str:
        """Everything in the report folder, names included."""
        files = [path for path in self.reports.rglob("*") if path.is_file()]
        return "".join(f"{path}\n{path.read_text(errors='replace')}\n" for path in files)


class Project:
    """A folder with settings and the user's own checks, and what comes of running pytest in it."""

    def __init__(self, pytester: pytest.Pytester, service: Service) -> None:
        """Begin with the service's address and no checks."""
        self.pytester = pytester
        self.service = service
        self.path: Path = pytester.path
        self.reports = self.path / "reports"
        self.settings("")

    def settings(self, text: str, *, service: str = "") -> None:
        """Write the settings: the service, with more keys if need be, and what ``text`` adds."""
        head = f'[service]\nbase_url = "{self.service.url}"\nhealth = "/health"\ntimeout = "5s"\n{service}\n'
        (self.path / "deploycheck.toml").write_text(head + text, "utf-8")

    def check(self, source: str, name: str = "test_own.py") -> None:
        """Write a file of checks."""
        file = self.path / "deploy_checks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("import pytest\n" + source, "utf-8")

    def run(self, *arguments: str, phase: str | None = "first-hour") -> Done:
        """Run pytest in the folder."""
        chosen = () if phase is None else (f"--deploy-phase={phase}",)
        done: RunResult = self.pytester.runpytest_subprocess(*OVERHEAD, *chosen, *arguments, timeout=60)
        out, err = "\n".join(done.outlines), "\n".join(done.errlines)
        assert "INTERNALERROR" not in out + err
        return self.done(int(done.ret), out, err)

    def done(self, code: int, out: str, err: str) -> Done:
        """Return what came of a run; verdict.json as it is now, not as a later run leaves it."""
        file = self.reports / "verdict.json"
        return Done(code, out, err, self.reports, file.read_text() if file.is_file() else None)


@pytest.fixture
def project(pytester: pytest.Pytester, service: Service, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project, untouched by the environment of this run."""
    import os  # noqa: PLC0415  # read when the test runs

    for name in [name for name in os.environ if name.startswith((DEPLOYCHECK, *PLATFORMS)) or name in LEAKING]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    return Project(pytester, service)
