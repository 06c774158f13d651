"""Stand-ins for programs: a folder on PATH in which docker or kubectl print what a test says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Programs:
    """Programs that answer by their arguments and note how they were called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the folder first on PATH."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def prints(self, name: str, answers: dict[str, Any], *, error: str = "", code: int = 0) -> None:
        """Let a program print JSON by a part of its arguments, and otherwise fail with ``error`` and ``code``."""
        cases = []
        for number, (part, answer) in enumerate(answers.items()):
            body = self.folder / f"{name}-{number}.json"
            body.write_text(json.dumps(answer))
            cases.append(f'*"{part}"*) cat "{body}"; exit 0;;')
        (self.folder / f"{name}.error").write_text(error)
        script = f'case "$*" in {" ".join(cases)} esac\n' if cases else ""
        self.runs(name, f'{script}cat "{self.folder}/{name}.error" >&2; exit {code or 1}')

    def runs(self, name: str, script: str) -> None:
        """Let a program run a shell script of the test's."""
        path = self.folder / name
        path.write_text(f'#!/bin/sh\nprintf \'%s\\n\' "$*" >> "{self.folder}/{name}.calls"\n{script}\n')
        path.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call."""
        path = self.folder / f"{name}.calls"
        return path.read_text().splitlines() if path.exists() else []


DIGEST = "sha256:" + "a" * 64
IMAGE_ID = "sha256:" + "b" * 64


def inspected(**state: Any) -> list[dict[str, Any]]:
    """Return what ``docker inspect`` prints about a container that runs, with another state."""
    return [
        {
            "Id": "4c01db0b339c",
            "Created": "2026-11-21T10:00:05.123456789Z",
            "State": {
                "Status": "running",
                "Running": True,
                "OOMKilled": False,
                "ExitCode": 0,
                "StartedAt": "2026-11-21T10:00:06.987654321Z",
                "FinishedAt": "0001-01-01T00:00:00Z",
                "Health": {"Status": "healthy", "FailingStreak": 0, "Log": []},
            }
            | state,
            "Image": IMAGE_ID,
            "RestartCount": 0,
            "Config": {"Image": "registry.internal:5000/shop/app:1.2", "Env": ["SECRET=s3cret"]},
        }
    ]


def deployed(**status: Any) -> dict[str, Any]:
    """Return what ``kubectl get deployment`` prints about a complete rollout, with another status."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "generation": 4},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "api"}},
            "template": {"spec": {"containers": [{"name": "api", "image": "shop/app:1.2"}]}},
        },
        "status": {
            "observedGeneration": 4,
            "replicas": 3,
            "updatedReplicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}],
        }
        | status,
    }


def pod(name: str = "api-1", restarts: int = 0, **container: Any) -> dict[str, Any]:
    """Return a pod as ``kubectl get pods`` lists it."""
    status = {"restartCount": restarts, "imageID": f"docker.io/shop/app@{DIGEST}", "state": {"running": {}}}
    return {
        "metadata": {"name": name, "creationTimestamp": "2026-11-21T10:00:00Z"},
        "status": {"phase": "Running", "containerStatuses": [status | container]},
    }
