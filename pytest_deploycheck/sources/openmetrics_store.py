"""Scrapes of earlier runs: for windows longer than a run waits. Beside the computation; the only part that has a file.

Of a scrape only the counters that are asked for are kept, and of their labels only a digest: enough to subtract, and
nothing that could be secret.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.sources.openmetrics_compute import Scrape
from pytest_deploycheck.sources.openmetrics_text import Exposition, Labels

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_SCRAPES: Final = 24
LARGEST_FILE: Final = 32 * 1024 * 1024
# how much older than its window a scrape may be: a run that comes late still has one, a day-old one is another story
LONGEST: Final = 3.0
_Kept = dict[str, dict[str, float]]


class KeptSeries(Mapping[Labels, float]):
    """The values of one metric by the digest of their labels; looked up with the labels themselves."""

    def __init__(self, values: Mapping[str, float]) -> None:
        """Wrap the values by digest."""
        self._values = values

    def __getitem__(self, labels: Labels) -> float:
        """Return the value of these labels."""
        return self._values[digest(labels)]

    def __iter__(self) -> Iterator[Labels]:
        """Iterate over nothing: the labels are not known any more."""
        return iter(())

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._values)


def digest(text: object) -> str:
    """Return a short digest of a key that is not kept itself."""
    return hashlib.sha256(repr(text).encode()).hexdigest()[:16]


def earlier(path: Path, address: object, *, window: float, wall: float, at: float) -> Scrape | None:
    """Return the kept scrape of an address that is nearest to ``window`` seconds old, and not younger.

    ``wall`` and ``at`` are the present in Unix time and on the monotonic clock. None when there is none that old, or
    when it is more than three windows old.
    """
    fitting = [
        (age, series)
        for kept_wall, series in _load(path).get(digest(address), ())
        if window * 0.95 <= (age := wall - kept_wall) <= window * LONGEST
    ]
    if not fitting:
        return None
    age, series = min(fitting, key=lambda entry: entry[0])
    wrapped = {name: KeptSeries(values) for name, values in series.items()}
    return Scrape(Exposition(wrapped, frozenset(wrapped)), at - age, wall - age)


def keep(path: Path, address: object, scrape: Scrape, names: Iterable[str]) -> None:
    """Add the named metrics of a scrape to the file; a file that cannot be written is not worth the run.

    Of each address the newest scrapes are kept.
    """
    kept = _load(path)
    series: _Kept = {
        name: {
            digest(labels): value for labels, value in scrape.exposition.series[name].items() if math.isfinite(value)
        }
        for name in names
        if name in scrape.exposition.series
    }
    kept[digest(address)] = [*kept.get(digest(address), ()), (scrape.wall, series)][-MOST_SCRAPES:]
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(kept), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()


def _load(path: Path) -> dict[str, list[tuple[float, _Kept]]]:
    """Return the file's scrapes by address, oldest first; an unreadable file is an empty one."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return {}
        read = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(address): [(float(wall), _checked(series)) for wall, series in scrapes]
            for address, scrapes in read.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _checked(series: Mapping[str, Mapping[str, float]]) -> _Kept:
    return {str(name): {str(key): float(value) for key, value in values.items()} for name, values in series.items()}
