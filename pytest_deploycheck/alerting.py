"""From settings to a notifier: rules, channels, and the memory of one service in one environment."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import HttpAsk
from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.registry import ChannelSpec, build_channel
from pytest_deploycheck.notify.notifier import Notifier
from pytest_deploycheck.notify.remembered import HistoryState
from pytest_deploycheck.notify.state import FileState
from pytest_deploycheck.reporting.layout import safe_component
from pytest_deploycheck.settings.telling.build import rules_of, specs_of
from pytest_deploycheck.sources.registry import build_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_deploycheck.history import History
    from pytest_deploycheck.notify.channels.base import Channel, Send
    from pytest_deploycheck.notify.state import State
    from pytest_deploycheck.settings.schema import Settings

FOLDER: Final = "alerts"
_NONE: Final[Mapping[str, Callable[[Mapping[str, Any], Send], Channel]]] = MappingProxyType({})


def is_wanted(settings: Settings) -> bool:
    """Tell whether the settings ask for alerts or incidents at all."""
    return bool(settings.channels) or "incident" in settings.model_fields_set


def notifier_of(
    settings: Settings,
    root: Path,
    *,
    redact: Callable[[str], str],
    others: Mapping[str, Callable[[Mapping[str, Any], Send], Channel]] = _NONE,
    history: History | None = None,
) -> Notifier:
    """Return the notifier; without a ``history`` it keeps a file below the report folder ``root``."""
    source = build_sources()[HttpAsk]
    send: Send = source.observe
    return Notifier(
        rules=rules_of(settings),
        channels={spec.id: _built(spec, send, others) for spec in specs_of(settings)},
        state=_state_of(settings, root, history),
        clock=lambda: datetime.now(UTC),
        redact=redact,
        close=source.close,
    )


def state_path(root: Path, service: str, environment: str) -> Path:
    """Return the file that remembers what was told of a service in an environment."""
    return root / FOLDER / f"{safe_component(f'{service}-{environment}')}.json"


def _state_of(settings: Settings, root: Path, history: History | None) -> State:
    service = settings.service
    if history is not None:
        return HistoryState(history, service.environment)
    return FileState(state_path(root, service.name, service.environment))


def _built(
    spec: ChannelSpec, send: Send, others: Mapping[str, Callable[[Mapping[str, Any], Send], Channel]]
) -> Channel | ChannelError:
    try:
        return build_channel(spec, send, others)
    except ChannelError as error:
        return error
