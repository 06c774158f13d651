"""What the questions of every kind share: the service's URL and headers, the database, a plain request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_deploycheck.asks import HttpAsk, SqlAsk
from pytest_deploycheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.sections import Database


def service_url(settings: Settings, path: str) -> str:
    """Return the URL of a path of the service; a whole URL stays as it is."""
    return path if urlsplit(path).scheme in {"http", "https"} else settings.service.base_url + "/" + path.lstrip("/")


def service_headers(
    settings: Settings, own: Mapping[str, str] | None = None, *, auth: bool = False, url: str | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request: the service's, its token with ``auth``, and the request's own over both.

    The service's headers and token are not sent to another host than the service's.
    """
    service = settings.service
    at_home = url is None or urlsplit(url).netloc == urlsplit(service.base_url).netloc
    headers = dict(service.headers) if at_home else {}
    if auth and at_home and service.bearer is not None:
        headers["Authorization"] = f"Bearer {service.bearer.get_secret_value()}"
    return tuple((headers | dict(own or {})).items())


def http_ask(settings: Settings, path: str, *, auth: bool = False, **changes: Any) -> HttpAsk:
    """Return a plain request to a path of the service, with the service's limits unless ``changes`` say otherwise."""
    service = settings.service
    url = service_url(settings, path)
    given: dict[str, Any] = {
        "headers": service_headers(settings, auth=auth, url=url),
        "timeout": service.timeout,
        "max_bytes": service.max_body,
        "verify_tls": service.verify_tls,
    }
    return HttpAsk(url=url, **(given | changes))


def database_of(settings: Settings) -> Database:
    """Return the declared database.

    Raises:
        SettingsError: none is declared.
    """
    if settings.database is None:
        raise SettingsError.of(
            settings.path.name,
            "database.dsn",
            "a check asks the database, and none is declared",
            hint='Add [database] with dsn = "${DATABASE_URL}" and set DATABASE_URL.',
        )
    return settings.database


def sql_ask(settings: Settings, sql: str, *, name: str, **changes: Any) -> SqlAsk:
    """Return a read-only question to the database, or to its read replica when one is declared.

    Raises:
        SettingsError: no database is declared.
    """
    database = database_of(settings)
    dsn = database.read_replica_dsn or database.dsn
    given: dict[str, Any] = {
        "dsn": dsn.get_secret_value(),
        "statement_timeout": database.statement_timeout,
        "lock_timeout": database.lock_timeout,
        "connect_timeout": database.connect_timeout,
    }
    return SqlAsk(sql=sql, name=name, **(given | changes))
