"""Questions about containers and about workloads in a cluster, and their answers: facts, not opinions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAsk:
    """What ``program`` (docker or podman) knows about a container, given by name or id."""

    name: str
    program: str = "docker"
    timeout: float = 10.0

    @property
    def host(self) -> str:
        """The program, whose daemon answers."""
        return self.program


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAnswer:
    """A container; ``state`` is ``missing`` when there is none, ``health`` empty when it has no health check.

    ``restarts`` counts since ``created``; ``digests`` are those of its image, the image's own id included.
    """

    name: str
    state: str
    health: str = ""
    exit_code: int | None = None
    out_of_memory: bool = False
    restarts: int = 0
    created: datetime | None = None
    started: datetime | None = None
    image: str = ""
    digests: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadAsk:
    """What kubectl knows about a workload (``deployment/api``) and its pods."""

    name: str
    namespace: str = ""
    context: str = ""
    timeout: float = 10.0

    @property
    def host(self) -> str:
        """The cluster, by the name of its context."""
        return f"kubectl {self.context}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod: its restarts in all since ``created``, and when a container of it ended last."""

    name: str
    phase: str
    restarts: int = 0
    created: datetime | None = None
    last_end: datetime | None = None
    waiting: str = ""
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadAnswer:
    """A workload; ``found`` is False when there is none. ``stuck`` says why its rollout was given up, if it was.

    ``total`` counts pods of every revision, ``updated`` those of the newest, ``available`` those that serve.
    """

    name: str
    found: bool = True
    desired: int = 0
    total: int = 0
    updated: int = 0
    available: int = 0
    generation: int = 0
    observed: int = 0
    stuck: str = ""
    images: tuple[str, ...] = ()
    pods: tuple[Pod, ...] = ()
    at: datetime | None = None
