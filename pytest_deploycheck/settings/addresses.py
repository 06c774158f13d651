"""What an address in the settings has to be: URLs, paths, DSNs, TCP addresses, columns, headers; beside the values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_deploycheck.settings.values import problem
from pytest_deploycheck.sources.postgres_queries import column_of

if TYPE_CHECKING:
    from pydantic import SecretStr


def check_url(value: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return the URL when it is absolute, of one of the schemes, and has a host.

    Raises:
        PydanticCustomError: it is not.
    """
    try:
        parts = urlsplit(value)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise problem("no valid URL") from None
    if parts.scheme not in schemes or not parts.hostname or not port_fits or re.search(r"\s", value):
        raise problem("no valid URL", f"Write it whole, such as {schemes[-1]}://service.internal:8080.")
    return value


def check_dsn(value: str) -> None:
    """Tell whether the text can be a PostgreSQL DSN: a URL, or pairs such as ``host=db dbname=app``.

    Raises:
        PydanticCustomError: it cannot.
    """
    scheme, separator, rest = value.partition("://")
    is_url = bool(separator) and scheme in {"postgresql", "postgres"} and bool(rest) and not re.search(r"\s", value)
    is_pairs = not separator and re.match(r"\s*[a-z_]+\s*=", value) is not None
    if not is_url and not is_pairs:
        raise problem("no DSN of PostgreSQL", "Write postgresql://user:password@host:5432/name.")


def check_secret_dsn(value: SecretStr) -> SecretStr:
    """Return a secret that can be a DSN of PostgreSQL."""
    check_dsn(value.get_secret_value())
    return value


def check_history_url(value: SecretStr) -> SecretStr:
    """Return a secret that can be the address of a history: a file of SQLite, or a PostgreSQL database."""
    scheme, separator, rest = value.get_secret_value().partition("://")
    known = {"sqlite", "postgresql", "postgres", "postgresql+psycopg"}
    if not separator or scheme not in known or not rest.strip("/") or re.search(r"\s", rest.partition("?")[0]):
        raise problem("no address of a history", "Write sqlite:///path or postgresql://user:password@host:5432/name.")
    return value


def check_path_or_url(value: str) -> str:
    """Return a path that starts with a slash, or a whole URL."""
    if value.startswith("/"):
        return value
    if "://" in value:
        return check_url(value)
    raise problem("neither a path nor a URL", f'Start it with a slash: "/{value}".')


def check_base_url(value: str) -> str:
    """Return a URL without a slash at its end."""
    return check_url(value).rstrip("/")


def check_step_path(value: str) -> str:
    """Return a path or URL that may begin with a variable."""
    return value if value.startswith("{") else check_path_or_url(value)


def check_tcp(value: str) -> str:
    """Return ``host:port``."""
    host, _, port = value.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise problem("no TCP address", 'Write "host:port", such as "redis.internal:6379".')
    return value


def check_table_column(value: str) -> str:
    """Return ``table.column`` or ``schema.table.column``."""
    try:
        column_of(value)
    except ValueError:
        raise problem(
            "no column", 'Write "table.column" or "schema.table.column"; other characters need double quotes.'
        ) from None
    return value


def check_glob(value: str) -> str:
    """Return a glob that stays below its folder."""
    if not value or value.startswith(("/", "~")) or ".." in value.split("/") or "\0" in value:
        raise problem("no glob below the folder", 'Write the names that match, such as "db-*.dump".')
    return value


def check_clock(value: str) -> str:
    """Return a span of the day, ``HH:MM-HH:MM``; it may cross midnight."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value):
        raise problem("no span of the day", 'Write "02:00-04:00".')
    return value


def check_table(value: str) -> str:
    """Return ``table`` or ``schema.table``; a name with other characters is in double quotes."""
    if not re.fullmatch(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)(\.("(?:[^"]|"")+"|[^\W\d][\w$]*))?', value):
        raise problem("no table", 'Write "table" or "schema.table"; other characters need double quotes.')
    return value


def check_header_name(value: str) -> str:
    """Return a valid name of a header."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):
        raise problem("no valid name of a header")
    return value


def check_header_value(value: str) -> str:
    """Return a text that a header can hold."""
    if not value.isprintable():
        raise problem("a header cannot hold line breaks or control characters")
    return value
