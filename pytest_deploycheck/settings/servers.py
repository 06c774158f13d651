"""The servers that metrics are read from, and how we introduce ourselves to them."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Self

from pydantic import Field, model_validator

from pytest_deploycheck.settings.expectations import Headers, Table
from pytest_deploycheck.settings.fields import BaseUrl, ByteSize, Name, SecretText, Switch, TcpAddress, Timeout
from pytest_deploycheck.settings.values import problem


class Credentials(Table):
    """How we introduce ourselves: a token, or a name with its password, or headers."""

    bearer: SecretText | None = Field(default=None, description="A token, sent as Authorization: Bearer.")
    username: Name | None = Field(default=None, description="The name for basic authentication.")
    password: SecretText | None = Field(default=None, description="The password for basic authentication.")
    headers: Headers = Field(default_factory=dict, description="Further headers of every request.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Take a token or a name with a password, not both and not a half."""
        if self.bearer is not None and self.username is not None:
            raise problem("has bearer and username", "Give one of them.")
        if (self.username is None) != (self.password is None):
            raise problem("needs username and password together")
        return self


class Prometheus(Credentials):
    """The Prometheus server (or one that speaks its HTTP API: Thanos, Mimir, VictoriaMetrics)."""

    url: BaseUrl = Field(description="Where it answers, without /api/v1.")
    timeout: Timeout = Field(default=10.0, description="How long one query may take.")
    max_body: ByteSize = Field(default=16 * 1024 * 1024, description="The largest accepted answer.")
    verify_tls: Switch = Field(default=True, description="Check its certificate.")


class Redis(Table):
    """The Redis server that the service uses; only AUTH, PING and INFO are sent."""

    address: TcpAddress = Field(description="host:port, such as redis.internal:6379.")
    username: Name | None = Field(default=None, description="The user of an access control list.")
    password: SecretText | None = Field(default=None, description="The password.")
    tls: Switch = Field(default=False, description="Speak TLS.")
    verify_tls: Switch = Field(default=True, description="Check its certificate.")
    timeout: Timeout = Field(default=5.0, description="How long one question may take, connecting included.")
