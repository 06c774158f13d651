"""The settings as they are in effect, for people to read: defaults filled in, secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.settings.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.settings.schema import Settings

_SHORTEST = 4


def effective(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON values in the words of the file, every secret masked."""
    dumped = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    secrets = sorted((each for each in settings.secrets if len(each) >= _SHORTEST), key=len, reverse=True)
    shown: dict[str, Any] = _masked(dumped, secrets)
    return shown


def _masked(value: Any, secrets: Iterable[str]) -> Any:
    if isinstance(value, dict):
        return {key: _masked(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, secrets) for each in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
    return value
