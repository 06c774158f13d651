"""Some hundred points of one series in a few bytes each; pure.

A block is a header and four columns (times, runs, counts, values), each as differences or scaled integers where that is
exact, bytes of equal weight side by side, and all of it deflated. Reading one back is a handful of C loops.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from array import array
from itertools import accumulate, starmap
from operator import sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_deploycheck.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

POINTS: Final = 512
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<BBI")  # version, decimals of the values, points
_WIDTH: Final = 8
_FLOATS: Final = 255
_DECIMALS: Final = (0, 1, 2, 3, 4, 6, 9)
_LARGEST: Final = 2**52
_MISSING: Final = -(2**62)
_NO_COUNT: Final = -1
_LEVEL: Final = 6


class Packed(NamedTuple):
    """A point as it is packed: ``at`` in ms since 1970, the run, the value (None: no data), the number of samples."""

    at: int
    run: int
    value: float | None
    n: int | None


def pack(points: Sequence[Packed]) -> bytes:
    """Return the points as one block."""
    ats, runs, values, counts = zip(*points, strict=True) if points else ((), (), (), ())
    decimals, column = _values(values)
    columns = (
        _differences(ats),
        _differences(runs),
        array("q", [_NO_COUNT if n is None else n for n in counts]),
        column,
    )
    body = zlib.compress(b"".join(map(_shuffled, columns)), _LEVEL)
    return _HEADER.pack(_VERSION, decimals, len(points)) + body


def unpack(data: bytes) -> list[Packed]:
    """Return the points of a block.

    Raises:
        WireError: it is no block, or it is damaged.
    """
    try:
        version, decimals, length = _HEADER.unpack_from(data)
        if version != _VERSION or length > POINTS:
            raise WireError("a block of the history is of a kind unknown here")
        size = length * _WIDTH
        body = zlib.decompressobj().decompress(data[_HEADER.size :], 4 * size + 1)
    except (struct.error, zlib.error):
        raise WireError("a block of the history is damaged") from None
    if len(body) != 4 * size:
        raise WireError("a block of the history is damaged")
    ats, runs, counts = (_column("q", body[i * size : (i + 1) * size]) for i in range(3))
    values = _read_values(body[3 * size :], decimals)
    numbers = [None if n == _NO_COUNT else n for n in counts]
    return list(starmap(Packed, zip(accumulate(ats), accumulate(runs), values, numbers, strict=True)))


def _differences(numbers: Sequence[int]) -> array[int]:
    return array("q", [*numbers[:1], *map(sub, numbers[1:], numbers)])


def _values(values: Sequence[float | None]) -> tuple[int, array[int] | array[float]]:
    """Return the values as whole numbers of the fewest decimals that lose nothing, else as they are."""
    for decimals in _DECIMALS:
        scaled = _scaled(values, 10**decimals)
        if scaled is not None:
            return decimals, array("q", scaled)
    return _FLOATS, array("d", [math.nan if value is None else value for value in values])


def _scaled(values: Sequence[float | None], factor: int) -> list[int] | None:
    scaled = []
    for value in values:
        if value is None:
            scaled.append(_MISSING)
            continue
        number = value * factor
        if not -_LARGEST < number < _LARGEST:
            return None
        whole = round(number)
        if whole / factor != value or (whole == 0 and math.copysign(1, value) < 0):
            return None
        scaled.append(whole)
    return scaled


def _read_values(data: bytes, decimals: int) -> list[float | None]:
    if decimals == _FLOATS:
        return [None if value != value else value for value in _column("d", data)]  # noqa: PLR0124  # NaN
    if decimals not in _DECIMALS:
        raise WireError("a block of the history is of a kind unknown here")
    factor = 10**decimals
    return [None if whole == _MISSING else whole / factor for whole in _column("q", data)]


def _shuffled(column: array[Any]) -> bytes:
    """Return bytes of equal weight side by side: most of them are the same from point to point."""
    data = _little(column).tobytes()
    return b"".join(data[place::_WIDTH] for place in range(_WIDTH))


def _column(kind: str, data: bytes) -> array[Any]:
    length = len(data) // _WIDTH
    ordered = bytearray(len(data))
    for place in range(_WIDTH):
        ordered[place::_WIDTH] = data[place * length : (place + 1) * length]
    column: array[Any] = array(kind)
    column.frombytes(bytes(ordered))
    return _little(column)


def _little(column: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
