"""Questions about the machine that the checks run on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAsk:
    """A resource of this machine in %: ``cpu``, ``memory``, ``disk`` (of ``path``), ``load`` (per core), ``swap``."""

    resource: str
    path: str = "/"
    window: float = 1.0

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"
