"""From the settings to what is asked of programs, files, Redis and name servers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_deploycheck.asks import CertificateAsk, CommandAsk, DnsAsk, RedisAsk, TextfileAsk
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from pytest_deploycheck.settings.items import Dependency
    from pytest_deploycheck.settings.metrics import CommandMetric, RedisMetric, TextfileMetric
    from pytest_deploycheck.settings.schema import Settings

HTTPS = 443


def command_ask(settings: Settings, metric: CommandMetric) -> CommandAsk:
    """Return the program to run; a relative folder starts at the settings file."""
    return CommandAsk(
        argv=metric.command,
        timeout=metric.timeout or settings.service.timeout,
        max_bytes=metric.max_output,
        allow=metric.env,
        cwd=str(settings.root / (metric.cwd or ".")),
        exit_codes=() if metric.value == "exit-code" else metric.exit_codes,
    )


def textfile_ask(settings: Settings, metric: TextfileMetric) -> TextfileAsk:
    """Return the file to read; a relative path starts at the settings file."""
    return TextfileAsk(path=str(settings.root / metric.path), query=metric.query, max_age=metric.max_age)


def redis_metric_ask(settings: Settings, metric: RedisMetric) -> RedisAsk:
    """Return PING or INFO."""
    return redis_ask(settings, info=metric.query != "ping", timeout=metric.timeout)


def redis_ask(settings: Settings, *, info: bool = False, timeout: float | None = None) -> RedisAsk:
    """Return the question to the declared Redis.

    Raises:
        SettingsError: none is declared.
    """
    redis = settings.redis
    if redis is None:
        hint = 'Add [redis] with address = "host:6379".'
        raise SettingsError.of(
            settings.path.name, "redis.address", "a check asks Redis, and none is declared", hint=hint
        )
    address, port = split_address(redis.address)
    return RedisAsk(
        address=address,
        port=port,
        username=redis.username,
        password=redis.password.get_secret_value() if redis.password is not None else None,
        tls=redis.tls,
        verify_tls=redis.verify_tls,
        info=info,
        timeout=timeout or redis.timeout,
    )


def dns_ask(settings: Settings, dependency: Dependency) -> DnsAsk:
    """Return the look-up of a dependency's name."""
    return DnsAsk(
        name=dependency.dns or "",
        record=dependency.record,
        server=dependency.server,
        timeout=dependency.timeout or settings.service.timeout,
    )


def certificate_ask(settings: Settings, dependency: Dependency) -> CertificateAsk:
    """Return the question for how long the certificate of a dependency is valid."""
    if dependency.tcp is not None:
        address, port = split_address(dependency.tcp)
    else:
        parts = urlsplit(dependency.url or "")
        address, port = parts.hostname or "", parts.port or HTTPS
    return CertificateAsk(address=address, port=port, timeout=dependency.timeout or settings.service.timeout)


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port``."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)
