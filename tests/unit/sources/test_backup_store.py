"""Buckets: requests are signed as AWS publishes it, pages are followed, and refusals are told in our own words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_deploycheck.asks import BackupStoreAsk, HttpAnswer, HttpAsk
from pytest_deploycheck.errors import BadAnswerError, LoginRefusedError, QueryError, SourceError
from pytest_deploycheck.sources.backup_store import BackupStoreSource, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable

ACCESS: Final = "AKIAIOSFODNN7EXAMPLE"
SECRET: Final = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ENTRY: Final = "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>x</ETag><Size>{}</Size></Contents>"
ASK: Final = BackupStoreAsk(
    endpoint="http://127.0.0.1:9000",
    bucket="back ups",
    region="eu-central-1",
    access_key=ACCESS,
    secret_key=SECRET,
    prefix="db/",
    pattern="db-*.dump",
)


def page(*entries: tuple[str, str, int], token: str | None = None) -> bytes:
    """Return a page of a listing as S3 documents it."""
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    listed = "".join(ENTRY.format(*entry) for entry in entries)
    return f'<?xml version="1.0"?><ListBucketResult xmlns="x">{more}{listed}</ListBucketResult>'.encode()


def asked(answer: Callable[[HttpAsk], tuple[int, bytes]]) -> BackupStoreSource:
    """Return a source before a store that answers so."""

    def fetch(ask: HttpAsk) -> HttpAnswer:
        status, body = answer(ask)
        return HttpAnswer(url=ask.url, status=status, body=body)

    return BackupStoreSource(fetch)


def test_the_published_signature() -> None:
    """AWS's own example of a listing (GET Bucket with parameters) has the signature that AWS publishes."""
    headers = dict(
        signed_headers(
            "GET",
            "examplebucket.s3.amazonaws.com",
            "/",
            "max-keys=2&prefix=J",
            region="us-east-1",
            access_key=ACCESS,
            secret_key=SECRET,
            now=datetime(2013, 5, 24, tzinfo=UTC),
        )
    )
    assert "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" in headers["Authorization"]


def test_pages_are_followed() -> None:
    """All pages count, the newest first; what does not match the pattern below the prefix is left out."""
    pages = {
        "": page(
            ("db/db-1.dump", "2026-01-01T02:00:00.000Z", 5), ("db/x&amp;y", "2026-01-03T02:00:00Z", 1), token="a+b"
        ),
        "a+b": page(("db/db-2.dump", "2026-01-02T02:00:00.000Z", 6)),
    }
    paths = []

    def answer(ask: HttpAsk) -> tuple[int, bytes]:
        parts = urlsplit(ask.url)
        query = parse_qs(parts.query)
        paths.append(parts.path)
        assert re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=\S+/eu-central-1/s3/aws4_request, \S+ Signature=[0-9a-f]{64}",
            dict(ask.headers)["Authorization"],
        )
        assert SECRET not in str(ask.headers)
        assert ["db/"] == query["prefix"]
        return 200, pages[query.get("continuation-token", [""])[0]]

    found = asked(answer).observe(ASK)
    assert [("db/db-2.dump", 6), ("db/db-1.dump", 5)] == [(file.name, file.bytes) for file in found.files]
    assert ["/back%20ups"] * 2 == paths


REFUSALS: Final[dict[str, tuple[int, bytes, type[SourceError], str]]] = {
    "keys": (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", LoginRefusedError, "SignatureDoesNotMatch"),
    "bucket": (404, b"<Error><Code>NoSuchBucket</Code></Error>", QueryError, "knows no bucket"),
    "redirect": (301, b"", BadAnswerError, "answered 301"),
    "a page": (200, b"<html>hello</html>", BadAnswerError, "answered 200"),
    "a size": (200, page(("db/db-1.dump", "yesterday", 5)), BadAnswerError, "without size or time"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name: str) -> None:
    """Each has its error; no key is in any of them."""
    status, body, error, said = REFUSALS[name]
    with pytest.raises(error, match=said) as caught:
        asked(lambda _ask: (status, body)).observe(ASK)
    assert SECRET not in str(caught.value)
