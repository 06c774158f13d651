"""With workers: the same verdicts, every request once, and a lost worker is never silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Done, Project

pytest_plugins = ["pytester"]

MIXED = """
import time

@pytest.mark.severity("high")
def test_bad():
    assert 1 == 2

@pytest.mark.parametrize("n", range(5))
def test_many(api, n):
    assert 200 == api.get(f"/own/{n}").status_code

def test_skipped():
    pytest.skip("later")

def test_queue(metrics, thresholds):
    thresholds.check("queue", metrics("queue").value)
"""
SETTINGS = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
levels = { medium = "> 5" }

[[endpoint]]
id = "a"
path = "/a"
samples = 3
latency = { high = "> 5s" }

[[endpoint]]
id = "b"
path = "/b"

[[flow]]
id = "walk"
steps = [{ name = "one", path = "/one" }, { name = "two", path = "/two" }]
"""


def _told(done: Done) -> Any:
    """Return what has to be the same however many workers looked."""
    checks = {check["id"]: (check["status"], check["severity"], check["title"]) for check in done.record["checks"]}
    verdict = done.record["verdict"]
    return checks, {key: verdict[key] for key in verdict if key != "because"}, done.record["not_reported"], done.code


@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "2"),
        ("-n", "2", "--dist", "loadscope"),
        ("-n", "2", "--dist", "worksteal"),
        ("-n", "3", "--maxprocesses=2"),
    ],
    ids=["load", "loadscope", "worksteal", "maxprocesses"],
)
def test_same_verdict_and_each_request_once(project: Project, arguments: tuple[str, ...]) -> None:
    """One process and several tell the same, and the service sees the same requests."""
    project.settings(SETTINGS)
    project.service.answers["/queue"] = (200, '{"length": 7}')
    project.check(MIXED)
    alone = project.run()
    asked = project.service.counts
    project.service.asked.clear()
    together = project.run(*arguments)
    assert _told(alone) == _told(together)
    assert list(alone.checks) == list(together.checks)
    once = {"/health": 1, "/a": 3, "/b": 1, "/one": 1, "/two": 1, **{f"/own/{n}": 1 for n in range(5)}}
    assert once == {path: count for path, count in asked.items() if path != "/queue"}
    seen = {path: count for path, count in project.service.counts.items() if path != "/queue"}
    # another distribution tells no worker ahead which checks it will run, so two checks of /a ask for themselves
    assert once | {"/a": 3 if "--dist" not in arguments else seen["/a"]} == seen
    assert alone.record["run"]["requests"] == sum(asked.values())
    assert together.record["run"]["requests"] == sum(project.service.counts.values())
    assert 0 < together.record["run"]["workers"] <= 2


@pytest.mark.parametrize("where", ["call", "setup", "collection"])
def test_crashed_worker(project: Project, where: str) -> None:
    """A worker that dies takes no check with it in silence: the verdict is INCONCLUSIVE, and the check is named."""
    bodies = {
        "call": "def test_dies():\n    os._exit(0)",
        "setup": "@pytest.fixture\ndef dead():\n    os._exit(0)\n\ndef test_dies(dead): ...",
        "collection": "if 'PYTEST_XDIST_WORKER' in os.environ:\n    os._exit(0)\n\ndef test_dies(): ...",
    }
    project.check(
        f"import os\n\ndef test_a(): ...\n\n{bodies[where]}\n\n"
        "@pytest.mark.parametrize('n', range(6))\ndef test_b(n): ..."
    )
    done = project.run("-n", "2", "--max-worker-restart=2")
    assert "INCONCLUSIVE" == done.decision, done.shown
    assert 0 != done.code
    if where != "collection":
        assert ("INCONCLUSIVE", 11) == done.verdict
        named = [*done.record["not_reported"], *(each for each in done.record["verdict"]["evidence"])]
        assert any("test_dies" in name for name in named)
        assert {"PASS"} == {status for name, status in done.statuses.items() if name != "test_dies"}
        assert 7 == len([name for name in done.statuses if name != "test_dies"]), "the others still run"


def test_crash_without_restart(project: Project) -> None:
    """When no worker may be replaced, what nobody ran is told as never reported."""
    project.check(
        "import os\n\ndef test_dies():\n    os._exit(0)\n\n@pytest.mark.parametrize('n', range(4))\ndef test_b(n): ..."
    )
    done = project.run("-n", "1", "--max-worker-restart=0")
    assert "INCONCLUSIVE" == done.decision
    assert 0 != done.code
    assert [name for name in done.record["not_reported"] if "test_b" in name]


def test_different_collections(project: Project) -> None:
    """Workers that collect different checks have a broken plan: never green."""
    project.check(
        "import os\n\n@pytest.mark.parametrize('n', [os.environ.get('PYTEST_XDIST_WORKER')])\ndef test_a(n): ..."
    )
    done = project.run("-n", "2")
    assert "PASS" != done.decision
    assert 0 != done.code


def test_each_worker_everything(project: Project) -> None:
    """``--dist each`` runs all checks on all workers; the worst word stays."""
    project.check("""
import os

@pytest.mark.severity("high")
def test_a():
    assert os.environ["PYTEST_XDIST_WORKER"] != "gw0"
""")
    done = project.run("--dist", "each", "--tx", "2*popen")
    assert ("WATCH", 12) == done.verdict, done.shown
