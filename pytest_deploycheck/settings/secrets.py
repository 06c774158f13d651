"""What in the settings is secret: by the name of a key, inside a DSN, in a header; so that nothing shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK: Final = "***"
_DSN_KEYS: Final = frozenset({"dsn", "read_replica_dsn"})
_SECRET_KEYS: Final = frozenset({"bearer", "secrets"})
# names that are ordinary elsewhere
_SECRET_PATHS: Final = frozenset({("sentry", "token"), ("tickets", "token")})
_OF_A_SECTION: Final = 2
_CHANNEL_SECRETS: Final = frozenset({"webhook_url", "url", "token", "password", "secret", "routing_key", "urls"})
_HISTORY: Final = ("history", "url")  # the only url with a login in it
_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
_SECRET_NAME: Final = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|DSN|DATABASE_URL|CREDENTIAL|(?<![A-Z])(?:API)?KEYS?(?![A-Z])",
    re.IGNORECASE,
)
_URL_PASSWORD: Final = re.compile(r"(?P<before>[A-Za-z][\w+.-]*://[^/?#\s:@]*:)(?P<password>[^\s/?#]*)(?=@)")
_QUERY_PASSWORD: Final = re.compile(r"(?P<before>[?&](?:password|sslpassword)=)(?P<password>[^&\s]*)", re.IGNORECASE)
_PAIR_PASSWORD: Final = re.compile(
    r"(?P<before>\b(?:password|sslpassword)\s*=\s*)(?P<password>'(?:[^'\\]|\\.)*+'|[^\s'&][^\s&]*)", re.IGNORECASE
)
_PASSWORDS: Final = (_URL_PASSWORD, _QUERY_PASSWORD, _PAIR_PASSWORD)
_VARIABLE: Final = re.compile(r"(?<!\{)\{[A-Za-z_]\w*\}|\$\{[^}]*\}")


def masked_dsn(dsn: str) -> str:
    """Return the DSN with its password masked."""
    for pattern in _PASSWORDS:
        dsn = pattern.sub(lambda match: f"{match['before']}{MASK}", dsn)
    return dsn


def dsn_secrets(dsn: str) -> set[str]:
    """Return the DSN and its passwords, as written and decoded."""
    found = {match["password"].strip("'") for pattern in _PASSWORDS for match in pattern.finditer(dsn)}
    return {dsn} | found | {unquote(each) for each in found} | {re.sub(r"\\(.)", r"\1", each) for each in found}


def is_secret_key(path: tuple[str | int, ...]) -> bool:
    """Tell whether the value at that path is a secret as a whole."""
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return False
    if names[-1] == "password" and len(names) <= _OF_A_SECTION:  # a flow's own password is part of its request
        return True
    is_header = "headers" in names and "expect" not in names
    if names[0] == "channel" and (names[-1] in _CHANNEL_SECRETS or ("options" in names and is_secret_name(names[-1]))):
        return True
    secret = names[-1] in _SECRET_KEYS | _DSN_KEYS or tuple(names) in _SECRET_PATHS
    secret = secret or tuple(names) == _HISTORY
    return secret or (is_header and is_secret_header(names[-1]))


def is_secret_name(name: str) -> bool:
    """Tell whether a variable or a key of that name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def is_secret_header(name: str) -> bool:
    """Tell whether a header of that name holds a secret."""
    return name.lower() in _SECRET_HEADERS or is_secret_name(name)


def secrets_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield every secret text in the raw settings."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from secrets_in(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from secrets_in(each, (*path, index))
    elif isinstance(value, str) and is_secret_key(path) and not _VARIABLE.fullmatch(value):
        yield from _texts(value, path)


def _texts(value: str, path: tuple[str | int, ...]) -> Iterator[str]:
    if path == _HISTORY:
        # the path of a file is no secret
        yield from () if value.lower().startswith("sqlite") else dsn_secrets(value)
    elif path[-1] in _DSN_KEYS:
        yield from dsn_secrets(value)
    elif path[-1] in _SECRET_KEYS | {"password"} or path in _SECRET_PATHS or isinstance(path[-1], int):
        yield value
    else:
        scheme, _, rest = value.partition(" ")
        secret = rest if rest and scheme.lower() in {"bearer", "basic", "token"} else value
        if not _VARIABLE.fullmatch(secret):
            yield from {value, secret}
