"""Backups in a bucket of S3, or of what speaks like it; answers :class:`BackupStoreAsk` with two kinds of requests.

Listing is one signed GET, so it needs no library of a cloud: the signature is AWS's version 4, forty lines, and the
requests go through the HTTP source with its limits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from pytest_deploycheck.asks import BackupFile, BackupList, BackupStoreAsk, HttpAsk
from pytest_deploycheck.asks.base import MEBIBYTE
from pytest_deploycheck.errors import BadAnswerError, LoginRefusedError, QueryError
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.asks import HttpAnswer

_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_MOST_PAGES: Final = 50
_OK: Final = 200
_REFUSED: Final = frozenset({401, 403})
_MISSING: Final = 404
_ENTRY: Final = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD: Final = r"<{0}>(.*?)</{0}>"


class BackupStoreSource:
    """Lists buckets."""

    ask_type: type = BackupStoreAsk

    def __init__(self, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """``fetch`` sends one HTTP request and raises SourceError when there is no answer."""
        self._fetch = fetch

    def observe(self, ask: BackupStoreAsk) -> BackupList:
        """Return what matches below the prefix, the newest first.

        Raises:
            NoAnswerError: the store does not answer.
            LoginRefusedError: it refuses the keys.
            QueryError: it knows no such bucket.
            BadAnswerError: it answers something else.
        """
        files: list[BackupFile] = []
        token: str | None = None
        for _ in range(_MOST_PAGES):
            text = self._page(ask, token)
            files += [file for file in map(_file, _ENTRY.findall(text)) if _matches(file.name, ask)]
            token = _field(text, "NextContinuationToken")
            if token is None:
                break
        files.sort(key=lambda file: file.at, reverse=True)
        return BackupList(files=tuple(files), place=f"bucket {printable(ask.bucket)}", at=datetime.now(UTC))

    def close(self) -> None:
        """Nothing is kept."""

    def _page(self, ask: BackupStoreAsk, token: str | None) -> str:
        query = {"list-type": "2", "prefix": ask.prefix, **({"continuation-token": token} if token else {})}
        path = f"{urlsplit(ask.endpoint).path.rstrip('/')}/{quote(ask.bucket, safe='')}"
        canonical = "&".join(f"{quote(key, safe='')}={quote(query[key], safe='')}" for key in sorted(query))
        parts = urlsplit(ask.endpoint)
        headers = signed_headers(
            "GET",
            parts.netloc.rpartition("@")[2],
            path,
            canonical,
            region=ask.region,
            access_key=ask.access_key,
            secret_key=ask.secret_key,
            now=datetime.now(UTC),
        )
        answer = self._fetch(
            HttpAsk(
                url=f"{parts.scheme}://{parts.netloc}{path}?{canonical}",
                headers=headers,
                timeout=ask.timeout,
                max_bytes=4 * MEBIBYTE,
            )
        )
        text = answer.body.decode("utf-8", "replace")
        if answer.status in _REFUSED:
            code = printable(_field(text, "Code") or str(answer.status))
            raise LoginRefusedError(f"the store refuses our keys for {printable(ask.bucket)} ({code})", _KEYS)
        if answer.status == _MISSING:
            raise QueryError(f"the store knows no bucket {printable(ask.bucket)}", "Correct bucket and endpoint")
        if answer.status != _OK or "<ListBucketResult" not in text:
            raise BadAnswerError(f"the store answered {answer.status} to a listing of {printable(ask.bucket)}")
        return text


_KEYS: Final = "Give the keys s3:ListBucket, and correct region and clock"


def signed_headers(
    method: str, host: str, path: str, query: str, *, region: str, access_key: str, secret_key: str, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Return the headers that sign a request without a body for S3 (AWS Signature Version 4)."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = "\n".join(
        (
            method,
            path,
            query,
            f"host:{host}",
            f"x-amz-content-sha256:{_EMPTY}",
            f"x-amz-date:{stamp}",
            "",
            names,
            _EMPTY,
        )
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return (("x-amz-content-sha256", _EMPTY), ("x-amz-date", stamp), ("Authorization", credential))


def _file(entry: str) -> BackupFile:
    name, size, at = (_field(entry, key) for key in ("Key", "Size", "LastModified"))
    try:
        moment = datetime.fromisoformat(at or "")
        return BackupFile(name=name or "", bytes=int(size or ""), at=moment.replace(tzinfo=moment.tzinfo or UTC))
    except ValueError:
        raise BadAnswerError("the store listed an object without size or time") from None


def _field(text: str, name: str) -> str | None:
    found = re.search(_FIELD.format(name), text, re.DOTALL)
    return unescape(found[1]) if found else None


def _matches(name: str, ask: BackupStoreAsk) -> bool:
    return fnmatchcase(name.removeprefix(ask.prefix).lstrip("/"), ask.pattern)
