"""A real Prometheus for tests: backfilled with two hours of history, with alerting rules, behind a password."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "watcher", "pr0me-pass"
# bcrypt of the password above, with the fewest rounds: every request costs one
HASH = "$2b$04$VDIpqqm807oGyqE5yAscMeF2M8YV1n.4R16wgoCFQzZ1b3/xNj5mS"

RULES = """
groups:
  - name: demo
    interval: 1s
    rules:
      - { alert: HighErrorRate, expr: 'vector(1) > 0', labels: { team: shop } }
      - { alert: SlowDatabase, expr: 'vector(0) > 1', labels: { team: shop } }
      - { alert: Waiting, expr: 'vector(1) > 0', for: 1h }
      - alert: Broken
        expr: vector(1) * on() (vector(1) or label_replace(vector(1), "a", "2", "", ""))
"""


@dataclass(frozen=True)
class PrometheusServer:
    """Where it answers, and the moment up to which its past was written (seconds since 1970)."""

    url: str
    filled_to: float
    auth: tuple[str, str] | None


def programs() -> tuple[str, str]:
    """Return the paths of prometheus and promtool, or skip where they are not installed."""
    found = shutil.which("prometheus"), shutil.which("promtool")
    if found[0] is None or found[1] is None:
        pytest.skip("prometheus and promtool are needed (Debian package prometheus)")
    return found[0], found[1]


def openmetrics(end: float, minutes: int = 120) -> str:
    """Return a service's past, a sample each 15 s: errors triple in the last hour, a counter is reset."""
    times = [end - minutes * 60 + 15 * step for step in range(minutes * 4 + 1)]
    lines: list[str] = []
    for name, kind in (("shop_requests", "counter"), ("shop_memory_bytes", "gauge"), ("shop_resets", "counter")):
        lines.append(f"# TYPE {name} {kind}")
        lines += [line for at in times for line in _samples(name, at, times[0], end)]
    return "\n".join([*lines, "# EOF", ""])


def _samples(name: str, at: float, start: float, end: float) -> list[str]:
    passed, late = at - start, max(at - (end - 3600), 0.0)
    if name == "shop_memory_bytes":
        return [f"shop_memory_bytes {1e6 + passed:.1f} {at:.3f}"]
    if name == "shop_resets":
        return [f"shop_resets_total {passed % 1800:.1f} {at:.3f}"]
    bad = 0.02 * passed + 0.04 * late
    return [
        f'shop_requests_total{{handler="/a",code="200"}} {2 * passed:.3f} {at:.3f}',
        f'shop_requests_total{{handler="/a",code="500"}} {bad:.3f} {at:.3f}',
        f'shop_requests_total{{handler="/b",code="200"}} {passed:.3f} {at:.3f}',
        f'shop_requests_total{{handler="/idle",code="200"}} 5 {at:.3f}',
    ]


@contextmanager
def running_prometheus(
    folder: Path, *, scrape: str = "", password: bool = False, backfill: bool = False
) -> Iterator[PrometheusServer]:
    """Run a Prometheus in ``folder`` that scrapes ``host:port`` each second; it is gone at the end."""
    prometheus, promtool = programs()
    end = float(int(time.time()) - 30)
    data = folder / "data"
    if backfill:
        (folder / "past.om").write_text(openmetrics(end))
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(folder / "past.om"), str(data)]
        subprocess.run(command, check=True, capture_output=True)
    (folder / "rules.yml").write_text(RULES)
    job = f"[{{job_name: demo, static_configs: [{{targets: ['{scrape}']}}]}}]" if scrape else "[]"
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\nscrape_configs: {job}\n"
    )
    (folder / "web.yml").write_text(f"basic_auth_users: {{ {USER}: '{HASH}' }}\n" if password else "{}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--web.config.file={folder / 'web.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=10y",
    ]
    auth = (USER, PASSWORD) if password else None
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([prometheus, *options], stdout=log, stderr=log, cwd=folder)
        try:
            _wait(f"http://127.0.0.1:{port}/-/ready", auth, process, folder / "log")
            yield PrometheusServer(f"http://127.0.0.1:{port}", end, auth)
        finally:
            process.kill()
            process.wait()


def _wait(url: str, auth: tuple[str, str] | None, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, auth=auth, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"Prometheus did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus with a past and alerting rules, behind a password."""
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), password=True, backfill=True) as server:
        yield server
