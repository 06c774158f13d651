"""Bodies: limits and encodings, honest, damaged and malicious."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.errors import AnswerTooLargeError, BadAnswerError
from pytest_deploycheck.sources.http_body import read_body

MEGABYTE = 1_000_000


def read(data: bytes, coding: str = "", limit: int = MEGABYTE, step: int = 1000) -> bytes:
    """Return the body of an answer that arrives in chunks."""
    headers = (("Content-Encoding", coding),) if coding else ()
    return read_body((data[at : at + step] for at in range(0, len(data), step)), headers, limit, "here")


@given(st.binary(max_size=5000), st.integers(1, 700), st.sampled_from(["gzip", "x-gzip", "deflate", "", "identity"]))
def test_what_was_packed_comes_out(body: bytes, step: int, coding: str) -> None:
    """Every known encoding gives back the body, however it is cut."""
    packed = {
        "gzip": gzip.compress(body, mtime=0),
        "x-gzip": gzip.compress(body, mtime=0),
        "deflate": zlib.compress(body),
    }.get(coding, body)
    assert body == read(packed, coding, step=step)


def test_layers_are_unpacked_in_reverse() -> None:
    """Two encodings are undone, the last one first, also from two headers."""
    packed = gzip.compress(zlib.compress(b"hello"))
    assert read(packed, "deflate, gzip") == b"hello"
    headers = (("content-encoding", "Deflate"), ("Content-Encoding", "GZIP"))
    assert read_body([packed], headers, 100, "here") == b"hello"


def test_a_file_of_several_members_is_read_to_the_end() -> None:
    """Concatenated gzip members are one body."""
    assert read(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0), "gzip", step=7) == b"one two"


def test_a_bomb_stops_at_the_limit() -> None:
    """A body that unpacks to a gigabyte costs no more memory than the limit and a little."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(1000)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(AnswerTooLargeError, match="here answered more than 1000000 bytes"):
        read(bomb, "deflate", step=len(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MEGABYTE


def test_a_bomb_in_a_bomb_stops_at_the_limit() -> None:
    """The limit holds for the innermost layer too, however little came over the wire."""
    bomb = gzip.compress(gzip.compress(bytes(200 * MEGABYTE)))
    assert len(bomb) < 10_000
    with pytest.raises(AnswerTooLargeError):
        read(bomb, "gzip, gzip")


def test_more_on_the_wire_than_allowed_is_too_much_even_if_it_unpacks_to_nothing() -> None:
    """Empty gzip members without end do not go on for ever."""
    with pytest.raises(AnswerTooLargeError):
        read(gzip.compress(b"", mtime=0) * 1000, "gzip", limit=5000)


@pytest.mark.parametrize(
    ("data", "coding", "text"),
    [
        (b"plain text", "gzip", "damaged gzip"),
        (gzip.compress(b"hello world", mtime=0)[:-9], "gzip", "ends too early"),
        (gzip.compress(b"hello", mtime=0)[:-1] + b"\xff", "gzip", "damaged"),
        (b"x", "br", "'br', which was not asked for"),
        (b"x", "a" * 500, "which was not asked for"),
        (b"x", "gzip, gzip, gzip", "encoded 3 times"),
        (gzip.compress(b"x", mtime=0) + b"trailing", "gzip", "damaged"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_a_bad_answer(data: bytes, coding: str, text: str) -> None:
    """Damaged and unknown encodings are named, shortly."""
    with pytest.raises(BadAnswerError, match=text) as caught:
        read(data, coding)
    assert len(str(caught.value)) < 200


def test_an_empty_body_needs_no_encoding() -> None:
    """A 304 may carry Content-Encoding and nothing else."""
    assert read(b"", "gzip") == b""
    assert read(b"", "br") == b""


@pytest.mark.parametrize("length", ["-1", "abc", "\xb2", "9" * 5000, ""])
def test_a_senseless_length_is_not_believed(length: str) -> None:
    """A length that is no number does no harm."""
    assert read_body([b"ok"], (("Content-Length", length),), 100, "here") == b"ok"


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 50))
def test_the_limit_is_exact(size: int, limit: int, step: int) -> None:
    """A body passes exactly when it is not longer than the limit."""
    if size <= limit:
        assert len(read(b"x" * size, limit=limit, step=step)) == size
    else:
        with pytest.raises(AnswerTooLargeError):
            read(b"x" * size, limit=limit, step=step)
