"""What the event that started a GitHub workflow says about a deployment; a file from outside, so it is bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.deployments.context import Value
from pytest_deploycheck.deployments.platforms import version_in
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EVENT_PATH: Final = "GITHUB_EVENT_PATH"
LARGEST_EVENT: Final = 32 * 1024 * 1024
_HINT: Final = "Name the deployment with --deploy-id and set [deployment] detect = false to leave the event alone."
_SHA_EVENTS: Final = frozenset({"push", "workflow_dispatch", "release"})


def github(environ: Mapping[str, str]) -> Iterator[Value]:
    """Yield what a ``deployment_status``, ``deployment`` or Vercel event says; a schedule says nothing.

    Raises:
        SettingsError: the event file cannot be read, or is not what GitHub writes.
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    if name in _READERS and environ.get(EVENT_PATH):
        yield from _READERS[name](_event(environ[EVENT_PATH]), f"GitHub {name} event")
    elif name in _SHA_EVENTS and environ.get("GITHUB_SHA"):
        yield Value("commit", environ["GITHUB_SHA"], "GitHub GITHUB_SHA")


def _event(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_EVENT + 1)
        found = json.loads(content) if len(content) <= LARGEST_EVENT else None
    except OSError as error:
        raise _wrong(f"the event cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise _wrong("the event is no JSON") from None
    if not isinstance(found, dict):
        too_large = len(content) > LARGEST_EVENT
        raise _wrong(f"the event is larger than {LARGEST_EVENT >> 20} MiB" if too_large else "the event is no object")
    return found


def _deployment(event: Mapping[str, Any], origin: str) -> Iterator[Value]:
    deployment = _table(event, "deployment")
    yield Value("id", f"github-{_number(deployment, 'id')}", f"{origin}: deployment.id", derived=True)
    yield from _texts(deployment, {"commit": "sha", "environment": "environment"}, f"{origin}: deployment")
    payload = _payload(deployment)
    yield from _texts(payload, {"version": "version", "previous": "previous"}, f"{origin}: deployment.payload")
    version = version_in(_text(deployment, "ref") or "")
    if version and payload.get("version") is None:
        yield Value("version", version, f"{origin}: deployment.ref")


def _deployment_status(event: Mapping[str, Any], origin: str) -> Iterator[Value]:
    yield from _deployment(event, origin)
    status = _table(event, "deployment_status")
    names = {"deployed_at": "created_at", "environment": "environment"}
    yield from _texts(status, names, f"{origin}: deployment_status")


def _vercel(event: Mapping[str, Any], origin: str) -> Iterator[Value]:
    if not (_text(event, "action") or "").startswith("vercel.deployment."):
        return
    sent = _table(event, "client_payload")
    inside = f"{origin}: client_payload"
    identity = _text(sent, "id")
    if identity:
        yield Value("id", identity, f"{inside}.id", derived=True)
    yield from _texts(sent, {"environment": "environment"}, inside)
    if sent.get("git") is not None:
        yield from _texts(_table(sent, "git"), {"commit": "sha"}, f"{inside}.git")


def _payload(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what whoever deployed put into the deployment: an object, or the text of one."""
    payload = deployment.get("payload")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
    return payload if isinstance(payload, dict) else {}


def _texts(found: Mapping[str, Any], names: Mapping[str, str], origin: str) -> Iterator[Value]:
    for name, key in names.items():
        text = _text(found, key)
        if text:
            yield Value(name, text, f"{origin}.{key}")


def _text(found: Mapping[str, Any], key: str) -> str | None:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(f"{key} in the event is no text")
    return value


def _number(found: Mapping[str, Any], key: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63:
        raise _wrong(f"{key} in the event is no id of GitHub's")
    return value


def _table(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key)
    if not isinstance(value, dict):
        raise _wrong(f"the event has no {key}")
    return value


def _wrong(what: str) -> SettingsError:
    return SettingsError.of("environment", EVENT_PATH, what, hint=_HINT)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Value]]]] = {
    "deployment_status": _deployment_status,
    "deployment": _deployment,
    "repository_dispatch": _vercel,
}
