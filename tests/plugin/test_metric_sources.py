"""Programs, files, Redis and names, from the settings to the verdict."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.fix_http import Server, certificate, closed_port
from tests.fix_redis import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.fix_http import Talk
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]


def test_all_of_them(project: Project, redis_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each measures, is judged, and tells no secret."""
    monkeypatch.setenv("JOB_TOKEN", "j0b-t0ken-word")
    (project.path / "job.prom").write_text("rows 5\n")
    project.service.answers["/queue"] = (200, '{"depths": {"mail": 3, "push": 900}}')
    project.settings(f"""
[redis]
address = "127.0.0.1:{redis_port}"
password = "{PASSWORD}"
[[metric]]
id = "printed"
source = "command"
command = ["{sys.executable}", "-c", "import os; print(len(os.environ['JOB_TOKEN']))"]
env = ["JOB_TOKEN"]
levels = {{ high = "> 100" }}
[[metric]]
id = "failing"
source = "command"
command = ["{sys.executable}", "-c", "import os, sys; sys.exit('bad ' + os.environ['JOB_TOKEN'])"]
env = ["JOB_TOKEN"]
[[metric]]
id = "rows"
source = "textfile"
path = "job.prom"
query = "value(rows)"
levels = {{ high = "< 1" }}
[[metric]]
id = "cache"
source = "redis"
query = "connected_clients"
levels = {{ high = "> 1000" }}
[[metric]]
id = "queues"
source = "http"
path = "/queue"
query = "depths"
each = true
bearer = "q-t0ken-word"
levels = {{ medium = "> 100", high = "> 10000" }}
[[dependency]]
id = "redis"
redis = true
""")
    done = project.run()
    statuses = {
        name: check["status"] for name, check in done.checks.items() if "metric[" in name or "dependency" in name
    }
    assert {
        "metrics.metric[printed]": "PASS",
        "metrics.metric[failing]": "ERROR",
        "metrics.metric[rows]": "PASS",
        "metrics.metric[cache]": "PASS",
        "metrics.metric[queues]": "WARN",
        "dependencies.dependency[redis]": "PASS",
    } == statuses
    assert "bad ***" in done.checks["metrics.metric[failing]"]["reason"]
    assert done.checks["metrics.metric[queues]"]["reason"].startswith("queues[push]: 900")
    assert "Bearer q-t0ken-word" in [
        head.get("Authorization") for _, path, head in project.service.asked if path == "/queue"
    ]
    for secret in ("j0b-t0ken-word", "q-t0ken-word", PASSWORD):
        assert secret not in done.written + done.shown


def test_dependencies_that_fail(project: Project, tmp_path: Path) -> None:
    """A Redis that is gone, a name that does not resolve, a certificate that ends soon."""
    tls = certificate(tmp_path, days=3)

    def hang(talk: Talk) -> None:
        talk.hang()

    with Server(hang, tls) as server:
        project.settings(f"""
[redis]
address = "127.0.0.1:{closed_port()}"
[[dependency]]
id = "redis"
redis = true
[[dependency]]
id = "name"
dns = "no-such-name.invalid"
server = "127.0.0.1:{closed_port()}"
timeout = "300ms"
[[dependency]]
id = "partner"
tcp = "127.0.0.1:{server.port}"
tls = true
tls_expiry = {{ medium = "< 30d", high = "< 1d" }}
""")
        done = project.run()
    checks = done.checks
    assert ("FAIL", "FAIL") == (
        checks["dependencies.dependency[redis]"]["status"],
        checks["dependencies.dependency[name]"]["status"],
    )
    assert "refused the connection" in checks["dependencies.dependency[redis]"]["reason"]
    certificate_check = checks["dependencies.certificate_lasts[partner]"]
    assert ("WARN", "medium") == (certificate_check["status"], certificate_check["finding"])
