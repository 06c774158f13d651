"""Containers of docker or podman as a source, by ``inspect``; answers :class:`ContainerAsk`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import ContainerAnswer, ContainerAsk
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.sources.process import Command, Processes
from pytest_deploycheck.sources.runtime_json import MAX_BYTES, moment, part, printed, tables, text, whole

if TYPE_CHECKING:
    from pytest_deploycheck.sources.process import Finished

_ALLOWED: Final = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"),
    *("CONTAINER_HOST", "CONTAINER_SSHKEY", "SSH_AUTH_SOCK"),
)
_MISSING: Final = re.compile(r"no such (?:object|container)|no container with name or id", re.IGNORECASE)
_HINT: Final = "Does its daemon run, and may this account ask it?"


class ContainerSource:
    """Asks docker or podman; safe to use from several threads at once."""

    ask_type: type = ContainerAsk

    def __init__(self) -> None:
        """Start nothing yet."""
        self._processes = Processes()

    def observe(self, ask: ContainerAsk) -> ContainerAnswer:
        """Return what is known about a container; one that does not exist is an answer, too.

        Raises:
            CommandError: the program is not there, or its daemon does not answer.
            AnswerTimeoutError: it did not end in time.
            BadAnswerError: it printed something else than documented.
        """
        at = datetime.now(UTC)
        finished = self._run(ask, "inspect", "--type", "container", ask.name)
        if finished.code != 0 and _MISSING.search(finished.words()):
            return ContainerAnswer(name=ask.name, state="missing", at=at)
        found = tables(printed(finished.succeeded(_HINT)))
        if len(found) != 1 or not text(part(found[0], "State", "Status")):
            raise BadAnswerError(f"{ask.program} did not describe one container", "Is its version supported?")
        container = found[0]
        state = part(container, "State")
        exit_code = state.get("ExitCode")
        return ContainerAnswer(
            name=ask.name,
            state=text(state["Status"]),
            health=text(part(state, "Health", "Status")),
            exit_code=exit_code if isinstance(exit_code, int) else None,
            out_of_memory=state.get("OOMKilled") is True,
            restarts=whole(container.get("RestartCount")),
            created=moment(container.get("Created")),
            started=moment(state.get("StartedAt")),
            image=text(part(container, "Config", "Image")),
            digests=self._digests(ask, container),
            at=at,
        )

    def close(self) -> None:
        """End what still runs."""
        self._processes.close()

    def _digests(self, ask: ContainerAsk, container: dict[str, Any]) -> tuple[str, ...]:
        """Return the id of the container's image and the digests under which registries know it."""
        image = text(container.get("Image"))
        if not image:
            return ()
        finished = self._run(ask, "image", "inspect", image)
        found = tables(printed(finished)) if finished.code == 0 else []
        listed = found[0].get("RepoDigests") if found else []
        return (image, *(text(each) for each in listed or () if text(each)))

    def _run(self, ask: ContainerAsk, *arguments: str) -> Finished:
        command = Command(argv=(ask.program, *arguments), timeout=ask.timeout, allow=_ALLOWED)
        return self._processes.run(command, max_bytes=MAX_BYTES)
