"""The channels of the settings: one class for each type, with exactly the keys that fit it."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pytest_deploycheck.settings.expectations import Headers, Table
from pytest_deploycheck.settings.fields import Integer, ItemId, Name, SecretText, Switch, Timeout, Url
from pytest_deploycheck.settings.telling.fields import MailAddress, Repository, SecretUrl
from pytest_deploycheck.settings.values import problem


class ChannelItem(Table):
    """What all channels have in common."""

    id: ItemId = Field(description="The name by which routes know it.")
    enabled: Switch = Field(default=True, description="false leaves it out.")
    optional: Switch = Field(
        default=False, description="Leave it out, instead of complaining, where one of its ${VARIABLES} is not set."
    )
    timeout: Timeout = Field(default=10.0, description="How long one attempt may take.")
    fallback: ItemId | None = Field(default=None, description="The channel that stands in when this one fails.")
    rate_limit: Integer = Field(default=30, ge=1, le=10000, description="At most so many messages in rate_period.")
    rate_period: Timeout = Field(default=3600.0, description="The time that rate_limit counts in.")


class SlackChannel(ChannelItem):
    """Slack, by an incoming webhook, or by a bot's token with a thread for each alert."""

    type: Literal["slack"] = Field(description="What kind of channel it is.")
    webhook_url: SecretUrl | None = Field(default=None, description="The incoming webhook; or give token and channel.")
    token: SecretText | None = Field(default=None, description="The bot's token, with the right chat:write.")
    channel: Name | None = Field(default=None, description="The Slack channel's id or name, for token.")
    api_url: Url = Field(default="https://slack.com/api", description="Slack's address.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook_url is None) == (self.token is None):
            raise problem("needs either webhook_url, or token with channel")
        if self.token is not None and self.channel is None:
            raise problem("needs channel, because it has token")
        return self


class PagerDutyChannel(ChannelItem):
    """PagerDuty, Events API v2."""

    type: Literal["pagerduty"] = Field(description="What kind of channel it is.")
    routing_key: SecretText = Field(description="The integration key of the service there.")
    api_url: Url = Field(default="https://events.pagerduty.com", description="PagerDuty's address.")


class EmailChannel(ChannelItem):
    """E-mail by SMTP."""

    type: Literal["email"] = Field(description="What kind of channel it is.")
    host: Name = Field(description="The mail server.")
    port: Integer | None = Field(default=None, ge=1, le=65535, description="Its port; default 587, 465 or 25.")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="How the way is protected.")
    username: Name | None = Field(default=None, description="The login, if it wants one.")
    password: SecretText | None = Field(default=None, description="The login's password.")
    ca_file: Name | None = Field(default=None, description="Certificates to trust; relative to the settings file.")
    sender: MailAddress = Field(description="The From address.")
    to: tuple[MailAddress, ...] = Field(min_length=1, description="The recipients.")
    to_on_call: Switch = Field(default=True, description="Send also to whom a message names as on call.")

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise problem("needs both username and password, or neither")
        if self.username is not None and self.security == "none":
            raise problem("would send the password in the clear", 'Set security = "starttls" or "tls".')
        return self


class AppriseChannel(ChannelItem):
    """SMS, Teams, Telegram and many others through Apprise (the extra "apprise")."""

    type: Literal["apprise"] = Field(description="What kind of channel it is.")
    urls: tuple[SecretText, ...] = Field(min_length=1, description="Where to, in Apprise's notation.")


class WebhookChannel(ChannelItem):
    """Any HTTP service: JSON, signed."""

    type: Literal["webhook"] = Field(description="What kind of channel it is.")
    url: SecretUrl = Field(description="Where to.")
    secret: SecretText | None = Field(default=None, description="What the HMAC-SHA256 signature is made with.")
    headers: Headers = Field(default_factory=dict, description="Headers of every request.")


class AlertmanagerChannel(ChannelItem):
    """Alertmanager, API v2."""

    type: Literal["alertmanager"] = Field(description="What kind of channel it is.")
    url: SecretUrl = Field(description="Its address, without /api/v2.")
    headers: Headers = Field(default_factory=dict, description="Headers of every request.")
    labels: dict[Name, Name] = Field(default_factory=dict, description="Further labels of every alert.")


class GitHubIssueChannel(ChannelItem):
    """An issue on GitHub for each alert."""

    type: Literal["github-issue"] = Field(description="What kind of channel it is.")
    repository: Repository = Field(description="owner/name.")
    token: SecretText = Field(description="A token with the right to write issues.")
    labels: tuple[Name, ...] = Field(default=("deploycheck",), description="Labels of the issues.")
    api_url: Url = Field(default="https://api.github.com", description="GitHub's address.")


class GitHubDeploymentChannel(ChannelItem):
    """The status of a deployment on GitHub."""

    type: Literal["github-deployment"] = Field(description="What kind of channel it is.")
    repository: Repository = Field(description="owner/name.")
    token: SecretText = Field(description="A token with the right to write deployments.")
    deployment_id: Name | None = Field(default=None, description="Its number there; default the deployment's id.")
    api_url: Url = Field(default="https://api.github.com", description="GitHub's address.")


class LogChannel(ChannelItem):
    """A file with one JSON object a line."""

    type: Literal["log"] = Field(description="What kind of channel it is.")
    path: Name = Field(
        default="reports/alerts-{date}.jsonl", description="The file; relative to the settings file; {date} is the day."
    )


class PluginChannel(ChannelItem):
    """A channel that another plugin brings."""

    type: Literal["plugin"] = Field(description="What kind of channel it is.")
    plugin: Name = Field(description="The name that the plugin gives it.")
    options: dict[Name, Any] = Field(default_factory=dict, description="What the plugin wants to know.")


CHANNELS: tuple[type[ChannelItem], ...] = (
    SlackChannel,
    PagerDutyChannel,
    EmailChannel,
    AppriseChannel,
    WebhookChannel,
    AlertmanagerChannel,
    GitHubIssueChannel,
    GitHubDeploymentChannel,
    LogChannel,
    PluginChannel,
)
Channel = Annotated[
    SlackChannel
    | PagerDutyChannel
    | EmailChannel
    | AppriseChannel
    | WebhookChannel
    | AlertmanagerChannel
    | GitHubIssueChannel
    | GitHubDeploymentChannel
    | LogChannel
    | PluginChannel,
    Field(discriminator="type"),
]
