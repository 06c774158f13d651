"""What docker and kubectl print, and what becomes of it; the programs are stand-ins on PATH."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import ContainerAsk, WorkloadAsk
from pytest_deploycheck.errors import AnswerTimeoutError, AnswerTooLargeError, BadAnswerError, CommandError
from pytest_deploycheck.sources import runtime_json
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.runtime_containers import ContainerSource
from pytest_deploycheck.sources.runtime_workloads import WorkloadSource
from tests.fix_programs import DIGEST, IMAGE_ID, Programs, deployed, inspected, pod

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.asks import WorkloadAnswer

APP = ContainerAsk(name="app", timeout=20.0)
API = WorkloadAsk(name="deployment/api", namespace="shop", context="live", timeout=20.0)
PODS = {"get pods": {"items": [pod()]}}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Stand-ins on PATH."""
    return Programs(tmp_path / "bin", monkeypatch)


def test_are_sources() -> None:
    """Both have the interface that the observatory expects."""
    assert isinstance(ContainerSource(), Source)
    assert isinstance(WorkloadSource(), Source)


def test_a_container_in_facts(programs: Programs) -> None:
    """State, health, restarts, times, image and digests come out; a time that never was is none."""
    image = [{"Id": IMAGE_ID, "RepoDigests": [f"registry.internal:5000/shop/app@{DIGEST}"]}]
    programs.prints("docker", {"image inspect": image, "inspect": inspected()})
    found = ContainerSource().observe(APP)
    assert ("running", "healthy", 0, False) == (found.state, found.health, found.restarts, found.out_of_memory)
    assert datetime(2026, 11, 21, 10, 0, 5, 123456, UTC) == found.created
    assert "registry.internal:5000/shop/app:1.2" == found.image
    assert (IMAGE_ID, f"registry.internal:5000/shop/app@{DIGEST}") == found.digests
    assert [f"inspect --type container {APP.name}", f"image inspect {IMAGE_ID}"] == programs.calls("docker")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "words",
    [
        "Error response from daemon: No such container: app",
        "Error: No such object: app",
        'Error: no such object: "app"',
    ],
)
def test_a_missing_container_is_an_answer(programs: Programs, words: str) -> None:
    """That it does not exist was measured."""
    programs.prints("docker", {}, error=words)
    assert "missing" == ContainerSource().observe(APP).state


def test_a_daemon_that_is_gone_is_none(programs: Programs) -> None:
    """Without the daemon nothing is known about the container."""
    programs.prints("docker", {}, error="Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
    with pytest.raises(CommandError, match=r"docker ended with exit code 1: Cannot connect .* Does its daemon run"):
        ContainerSource().observe(APP)


def test_another_program_is_asked(programs: Programs) -> None:
    """Podman prints the same."""
    programs.prints("podman", {"inspect": inspected(Health=None)})
    assert "" == ContainerSource().observe(ContainerAsk(name="app", program="podman")).health


SOURCES = pytest.mark.parametrize(
    ("name", "source", "ask"), [("docker", ContainerSource, APP), ("kubectl", WorkloadSource, API)]
)


@SOURCES
@pytest.mark.parametrize(
    "printed",
    ["", "<html>", "[", "[" * 100_000, "[]", "{}", "null", '[{"State": 7}]', '{"kind": "Service"}', "[{}, {}]"],
)
def test_garbage_is_a_bad_answer(programs: Programs, name: str, source: Any, ask: Any, printed: str) -> None:
    """What is not what both document is an error, and never a container that runs."""
    (programs.folder / "garbage").write_text(printed)
    programs.runs(name, f'cat "{programs.folder}/garbage"')
    with pytest.raises(BadAnswerError):
        source().observe(ask)


@SOURCES
def test_a_program_that_hangs(programs: Programs, name: str, source: Any, ask: Any) -> None:
    """It is killed when its time is over."""
    programs.runs(name, "sleep 60")
    changed = type(ask)(name=ask.name, timeout=0.3)
    with pytest.raises(AnswerTimeoutError, match=rf"^{name} did not end within 0\.3 s"):
        source().observe(changed)


@SOURCES
def test_a_program_without_end(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, name: str, source: Any, ask: Any
) -> None:
    """Endless output ends at the limit."""
    monkeypatch.setattr(
        f"{runtime_json.__package__}.runtime_{'containers' if name == 'docker' else 'workloads'}.MAX_BYTES", 100_000
    )
    programs.runs(name, "exec yes")
    with pytest.raises(AnswerTooLargeError, match="wrote more than 100000 bytes"):
        source().observe(ask)


@SOURCES
def test_a_program_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, source: Any, ask: Any
) -> None:
    """Without the program nothing is known."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=f"there is no program {name}"):
        source().observe(ask)


def observe(programs: Programs, workload: dict[str, Any], pods: Any = None) -> WorkloadAnswer:
    """Return what the source says about a workload."""
    programs.prints("kubectl", {"get pods": pods or PODS["get pods"], "get deployment/api": workload})
    return WorkloadSource().observe(API)


def test_a_rollout_in_facts(programs: Programs) -> None:
    """Replicas, generations, images and pods come out; context, namespace and selector go in."""
    found = observe(programs, deployed())
    assert (3, 3, 3, 3) == (found.desired, found.total, found.updated, found.available)
    assert (4, 4, "") == (found.generation, found.observed, found.stuck)
    assert (("shop/app:1.2",), DIGEST) == (found.images, found.pods[0].digests[0].partition("@")[2])
    where = "--namespace=shop --context=live --output=json"
    assert [f"get deployment/api {where}", f"get pods --selector=app=api {where}"] == programs.calls("kubectl")


def test_a_missing_workload_is_an_answer(programs: Programs) -> None:
    """That it does not exist was measured; a cluster that refuses us is an error."""
    programs.prints("kubectl", {}, error='Error from server (NotFound): deployments.apps "api" not found')
    assert not WorkloadSource().observe(API).found
    programs.prints("kubectl", {}, error='Error from server (Forbidden): deployments.apps "api" is forbidden')
    with pytest.raises(CommandError, match="Forbidden"):
        WorkloadSource().observe(API)


def test_a_rollout_that_was_given_up(programs: Programs) -> None:
    """The reason of the cluster is kept, its control characters shown."""
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "late\x1b[1m",
    }
    assert "late\\x1b[1m" == observe(programs, deployed(conditions=[condition])).stuck


def test_the_other_kinds(programs: Programs) -> None:
    """A finished StatefulSet names no updated replicas, a DaemonSet counts nodes."""
    stateful = deployed(updatedReplicas=None, updateRevision="b", currentRevision="b") | {"kind": "StatefulSet"}
    assert 3 == observe(programs, stateful).updated
    daemon = deployed(
        desiredNumberScheduled=5, currentNumberScheduled=5, updatedNumberScheduled=4, numberAvailable=5
    ) | {"kind": "DaemonSet"}
    found = observe(programs, daemon)
    assert (5, 5, 4, 5) == (found.desired, found.total, found.updated, found.available)


def test_a_selector_with_expressions(programs: Programs) -> None:
    """Expressions of a selector are asked as kubectl takes them."""
    workload = deployed()
    workload["spec"]["selector"] = {
        "matchExpressions": [
            {"key": "app", "operator": "In", "values": ["api", "web"]},
            {"key": "old", "operator": "DoesNotExist"},
        ]
    }
    observe(programs, workload)
    assert "--selector=app in (api,web),!old" in programs.calls("kubectl")[-1]


def test_pods_in_facts(programs: Programs) -> None:
    """Restarts are summed, the last end and what a pod waits for are kept."""
    waiting = pod(
        "api-2",
        4,
        state={"waiting": {"reason": "CrashLoopBackOff"}},
        lastState={"terminated": {"finishedAt": "2026-11-21T11:00:00Z"}},
    )
    found = observe(programs, deployed(), {"items": [pod(), waiting]}).pods[1]
    assert (4, "CrashLoopBackOff") == (found.restarts, found.waiting)
    assert datetime(2026, 11, 21, 11, tzinfo=UTC) == found.last_end
