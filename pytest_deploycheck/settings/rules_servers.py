"""Rules about the servers that are asked: each metric has its server, each dependency the keys that fit its kind."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.settings.raw import Finding, Raw, items, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPENDENCIES: Final = ("url", "tcp", "path", "dns", "redis")
_FITS: Final = {
    "tls": ("tcp",), "status": ("url", "path"), "json": ("url", "path"), "tls_expiry": ("url", "tcp"),
    "record": ("dns",), "expect": ("dns",), "server": ("dns",),
}  # fmt: skip


def _openmetrics(raw: Raw) -> Iterator[Finding]:
    if "metrics" in table(raw, "service"):
        return
    for path, item in items(raw, "metric"):
        if item.get("source") == "openmetrics" and "url" not in item:
            yield Finding(
                (*path, "url"), "is missing, and so is service.metrics", 'Set metrics = "/metrics" in [service].'
            )


def _sentry(raw: Raw) -> Iterator[Finding]:
    if "sentry" in raw:
        return
    for path, item in items(raw, "metric"):
        if item.get("source") == "sentry":
            yield Finding(path, "needs [sentry]", 'Give it organization, project and token = "${SENTRY_TOKEN}".')


def _prometheus(raw: Raw) -> Iterator[Finding]:
    if "prometheus" in raw:
        return
    asking = chain(
        ((path, item) for path, item in items(raw, "metric") if item.get("source") == "prometheus"),
        items(raw, "alert_rule"),
    )
    for path, item in asking:
        if "url" not in item:
            yield Finding(path, "needs a Prometheus", 'Add [prometheus] with url = "${PROMETHEUS_URL}".')


def _redis(raw: Raw) -> Iterator[Finding]:
    asking = chain(
        (path for path, item in items(raw, "metric") if item.get("source") == "redis"),
        (path for path, item in items(raw, "dependency") if item.get("redis") is True),
    )
    for path in asking if "redis" not in raw else ():
        yield Finding(path, "needs a Redis", 'Add [redis] with address = "host:6379".')


def _dependencies(raw: Raw) -> Iterator[Finding]:
    for path, item in items(raw, "dependency"):
        kind = next((key for key in DEPENDENCIES if key in item), None)
        for key, kinds in _FITS.items():
            if key in item and kind is not None and kind not in kinds:
                yield Finding((*path, key), f"does not fit {kind}", f"It belongs to {' and '.join(kinds)}.")
        plain = kind == "tcp" and item.get("tls") is not True
        plain = plain or (kind == "url" and not str(item.get("url", "https:")).lower().startswith("https:"))
        if "tls_expiry" in item and plain:
            yield Finding((*path, "tls_expiry"), "needs TLS", "Give tls = true, or an https URL.")


SERVER_RULES: Final[tuple[Callable[[Raw], Iterator[Finding]], ...]] = (
    _openmetrics,
    _sentry,
    _prometheus,
    _redis,
    _dependencies,
)
