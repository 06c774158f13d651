"""What a command prints about a deployment: a Kubernetes object, or JSON of one's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_deploycheck.deployments import manifest_values
from pytest_deploycheck.errors import SettingsError

OBJECT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "shop",
        "namespace": "prod",
        "labels": {"app.kubernetes.io/version": "2.4.0"},
        "annotations": {
            "deployment.kubernetes.io/revision": "31",
            "deploycheck/commit": "abcdef1",
            "shop.internal/was": "2.3.9",
        },
    },
    "status": {
        "conditions": [
            {"type": "Available", "reason": "MinimumReplicasAvailable", "lastUpdateTime": "2026-01-01T00:00:00Z"},
            {"type": "Progressing", "reason": "NewReplicaSetAvailable", "lastUpdateTime": "2026-03-01T11:55:00Z"},
        ]
    },
}


def found(text: str, **annotations: str) -> dict[str, str]:
    """Return the surest value of each field."""
    values: dict[str, str] = {}
    for value in manifest_values(text, annotations):
        values.setdefault(value.field, value.text)
    return values


def test_kubernetes() -> None:
    """Annotations, the version label, the revision as id, and the end of the rollout as time."""
    assert {
        "id": "kubernetes-prod-shop-31",
        "version": "2.4.0",
        "commit": "abcdef1",
        "deployed_at": "2026-03-01T11:55:00Z",
    } == found(json.dumps(OBJECT))


def test_other_annotations() -> None:
    """The settings may name other annotations or labels."""
    assert "2.3.9" == found(json.dumps(OBJECT), previous="shop.internal/was")["previous"]
    assert "version" not in found(json.dumps(OBJECT), version="shop.internal/none")


def test_an_unfinished_rollout_has_no_time() -> None:
    """Nothing is guessed while pods are still being replaced."""
    conditions = [{"type": "Progressing", "reason": "ReplicaSetUpdated", "lastUpdateTime": "2026-03-01T11:55:00Z"}]
    assert "deployed_at" not in found(json.dumps({**OBJECT, "status": {"conditions": conditions}}))


def test_plain() -> None:
    """Any other object gives its fields; numbers are texts, null is nothing."""
    expected = {"id": "r-118", "version": "3"}
    assert expected == found('{"id": "r-118", "version": 3, "commit": null, "more": [1]}')


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 200_000, "\x00"])
def test_no_object(text: str) -> None:
    """Anything that is no JSON object is one clear error."""
    with pytest.raises(SettingsError, match=r"\[deployment\] command: printed something that is no JSON object"):
        manifest_values(text, {})


@pytest.mark.parametrize(
    "text",
    [
        '{"id": {}}',
        '{"version": 1.5}',
        '{"metadata": {"annotations": {"deploycheck/id": [1]}}}',
        '{"metadata": {"name": {"a": 1}, "annotations": {"deployment.kubernetes.io/revision": "1"}}}',
    ],
)
def test_values_of_another_kind(text: str) -> None:
    """A value is a text or a whole number."""
    with pytest.raises(SettingsError, match="neither a text nor a whole number"):
        manifest_values(text, {})


@pytest.mark.parametrize("text", ['{"metadata": {}}', '{"metadata": {"annotations": 5}, "status": {"conditions": 5}}'])
def test_an_object_that_says_nothing(text: str) -> None:
    """An object without annotations gives nothing, and is no error."""
    assert () == manifest_values(text, {})
