"""Bodies of HTTP answers: read to a limit, decoded as they come; below ``http.py``, above nothing but the errors.

What is counted is the larger of what came over the wire and what it unpacks to, and neither is ever held beyond the
limit plus one chunk: a compressed bomb costs no more than a plain one.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import AnswerTooLargeError, BadAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK: Final = 65536
_KNOWN: Final = frozenset({"gzip", "x-gzip", "deflate"})
_MAX_LAYERS: Final = 2
# zlib recognises both headers by itself
_ANY_HEADER: Final = zlib.MAX_WBITS | 32


def read_body(
    chunks: Iterable[bytes], headers: tuple[tuple[str, str], ...], limit: int, where: str, *, bodiless: bool = False
) -> bytes:
    """Return the whole decoded body. ``limit`` is in bytes, ``where`` names the target in messages.

    Raises:
        AnswerTooLargeError: there is more than ``limit``.
        BadAnswerError: the body is encoded in a way that was not asked for, or damaged.
    """
    declared = max((int(value) for name, value in headers if _is_length(name, value)), default=0)
    if declared > limit and not bodiless:
        raise _too_large(where, limit)
    layers = [part for name, value in headers if name.lower() == "content-encoding" for part in _codings(value)]
    if len(layers) > _MAX_LAYERS:
        raise BadAnswerError(f"{where} answered a body that is encoded {len(layers)} times")
    stream: Iterable[bytes] = _counted(chunks, limit, where)
    for coding in reversed(layers):
        stream = _decoded(stream, coding, where)
    body = bytearray()
    for chunk in stream:
        body += chunk
        if len(body) > limit:
            raise _too_large(where, limit)
    return bytes(body)


def _is_length(name: str, value: str) -> bool:
    """Return whether a header is a readable length; more than 18 digits are no length of anything."""
    return name.lower() == "content-length" and value.isascii() and value.isdigit() and len(value) <= 18  # noqa: PLR2004


def _codings(value: str) -> list[str]:
    """Return the encodings that a header names, in the order in which they were applied."""
    return [part for word in value.split(",") if (part := word.strip().lower()) not in {"", "identity"}]


def _counted(chunks: Iterable[bytes], limit: int, where: str) -> Iterator[bytes]:
    """Yield what comes over the wire until it is too much."""
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > limit:
            raise _too_large(where, limit)
        yield chunk


def _decoded(chunks: Iterable[bytes], coding: str, where: str) -> Iterator[bytes]:
    """Yield the unpacked body in chunks of bounded size."""
    unpacker = zlib.decompressobj(_ANY_HEADER)
    begun = False
    for chunk in chunks:
        if coding not in _KNOWN:
            raise BadAnswerError(f"{where} answered a body in the encoding {coding[:20]!r}, which was not asked for")
        data = chunk
        while data:
            if unpacker.eof:  # a file of several members
                unpacker = zlib.decompressobj(_ANY_HEADER)
            try:
                yield unpacker.decompress(data, _CHUNK)
            except zlib.error:
                raise BadAnswerError(f"{where} answered a damaged {coding} body") from None
            begun = True
            data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if begun and not unpacker.eof:
        # what is still inside comes out without further input
        yield from iter(lambda: unpacker.decompress(unpacker.unconsumed_tail, _CHUNK), b"")
        if not unpacker.eof:
            raise BadAnswerError(f"{where} answered a {coding} body that ends too early")


def _too_large(where: str, limit: int) -> AnswerTooLargeError:
    """Return the error for a body beyond the limit."""
    return AnswerTooLargeError(f"{where} answered more than {limit} bytes", "Raise max_body if that is expected.")
