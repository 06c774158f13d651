"""Which channel is behind which type: one line each; its module is imported when something is sent through it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from pytest_deploycheck.errors import ChannelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.notify.channels.base import Channel, Send

LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "slack": "slack:SlackChannel",
        "pagerduty": "pagerduty:PagerDutyChannel",
        "email": "email:EmailChannel",
        "apprise": "apprise:AppriseChannel",
        "webhook": "webhook:WebhookChannel",
        "alertmanager": "alertmanager:AlertmanagerChannel",
        "github-issue": "github:GitHubIssueChannel",
        "github-deployment": "github:GitHubDeploymentChannel",
        "log": "alertlog:AlertLogChannel",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """A channel of the settings: its id, its type and the type's own options, secrets in the clear."""

    id: str
    type: str
    options: Mapping[str, Any]


def build_channel(
    spec: ChannelSpec, send: Send, others: Mapping[str, Callable[[Mapping[str, Any], Send], Channel]]
) -> Channel:
    """Return the channel; ``others`` are those of other plugins by their type.

    Raises:
        ChannelError: there is no such type, or the other plugin's could not be built.
    """
    line = LINES.get(spec.type)
    if line is not None:
        module, _, name = line.partition(":")
        build = getattr(import_module(f"pytest_deploycheck.notify.channels.{module}"), name)
        return cast("Channel", build(spec.options, send))
    found = others.get(str(spec.options.get("plugin")))
    if found is None:
        raise ChannelError("no plugin offers this channel", "Is the plugin that brings it installed?", permanent=True)
    try:
        return found({"timeout": spec.options["timeout"], **spec.options["options"]}, send)
    except Exception as error:  # noqa: BLE001  # another plugin's mistake must not reach the verdict
        raise ChannelError(f"the plugin's channel failed ({type(error).__name__})", permanent=True) from None
