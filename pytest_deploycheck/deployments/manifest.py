"""What the ``[deployment] command`` printed: a Kubernetes object with its annotations, or a plain JSON object. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.deployments.context import FIELDS, Value
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMAND: Final = "[deployment] command"
_ANNOTATIONS: Final = {name: f"deploycheck/{name.replace('_', '-')}" for name in FIELDS}
_VERSION_LABEL: Final = "app.kubernetes.io/version"
_REVISION: Final = "deployment.kubernetes.io/revision"
_ROLLED_OUT: Final = "NewReplicaSetAvailable"


def manifest_values(text: str, annotations: Mapping[str, str]) -> tuple[Value, ...]:
    """Return what the output says; ``annotations`` name other annotations (or labels) of a Kubernetes object by field.

    Raises:
        SettingsError: the output is no JSON object, or a value in it is no text.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SettingsError.of(
            "deployment",
            COMMAND,
            "printed something that is no JSON object",
            hint='Let it print one, such as kubectl get deployment NAME -o json, or {"id": "…", "version": "…"}.',
        )
    return tuple(_kubernetes(found, annotations) if isinstance(found.get("metadata"), dict) else _plain(found))


def _plain(found: Mapping[str, Any]) -> Iterator[Value]:
    for name in FIELDS:
        if found.get(name) is not None:
            yield Value(name, _text(found[name], name), f"{COMMAND}: {name}")


def _kubernetes(found: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[Value]:
    metadata = found["metadata"]
    texts = {**_table(metadata, "labels"), **_table(metadata, "annotations")}
    origin = f"{COMMAND}: {str(found.get('kind') or 'object')[:40]}"
    for name, key in (_ANNOTATIONS | dict(annotations)).items():
        if texts.get(key) is not None:
            yield Value(name, _text(texts[key], key), f"{origin} {key}")
    if texts.get(_VERSION_LABEL) is not None and annotations.get("version") is None:
        yield Value("version", _text(texts[_VERSION_LABEL], _VERSION_LABEL), f"{origin} {_VERSION_LABEL}")
    if texts.get(_REVISION) is not None:
        parts = (metadata.get("namespace") or "default", metadata.get("name") or "unnamed", texts[_REVISION])
        name = "-".join(_text(part, "metadata") for part in parts)
        yield Value("id", f"kubernetes-{name}", f"{origin} {_REVISION}", derived=True)
    for at in _rolled_out(found):
        yield Value("deployed_at", _text(at, "lastUpdateTime"), f"{origin} status.conditions Progressing")


def _rolled_out(found: Mapping[str, Any]) -> Iterator[Any]:
    """Yield when the rollout was complete, as the deployment controller noted it."""
    conditions = _table(found, "status").get("conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        if isinstance(condition, dict) and condition.get("reason") == _ROLLED_OUT and condition.get("lastUpdateTime"):
            yield condition["lastUpdateTime"]


def _table(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(value: Any, key: str) -> str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise SettingsError.of("deployment", COMMAND, f"{key} is neither a text nor a whole number")
