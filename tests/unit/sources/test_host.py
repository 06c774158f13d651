"""This machine's resources, and the limits of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import HostAsk
from pytest_deploycheck.errors import NoAnswerError, QueryError
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.host import HostSource

if TYPE_CHECKING:
    from pathlib import Path


def test_is_a_source() -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(HostSource(), Source)


@pytest.mark.parametrize("resource", ["cpu", "memory", "disk", "load", "swap"])
def test_every_resource_is_a_share(resource: str) -> None:
    """Each resource is a number of percent with a remark."""
    number = HostSource().observe(HostAsk(resource=resource, window=0.05))
    assert number.value is not None
    assert number.value >= 0
    assert ("%", 1, "this machine") == (number.unit, number.n, number.target)
    assert number.note
    assert number.at is not None


def test_an_unknown_resource_names_the_known() -> None:
    """A typo is answered with what there is."""
    with pytest.raises(QueryError, match=r"no resource 'cup'\. Known are cpu, memory, disk, load, swap"):
        HostSource().observe(HostAsk(resource="cup"))


def test_a_missing_disk_is_no_answer(tmp_path: Path) -> None:
    """A path that does not exist is named."""
    with pytest.raises(NoAnswerError, match="nowhere does not exist"):
        HostSource().observe(HostAsk(resource="disk", path=str(tmp_path / "nowhere")))


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    """Inside a container memory is judged by its limit, without the cache that would be given back."""
    (tmp_path / "memory.max").write_text("1048576\n")
    (tmp_path / "memory.current").write_text("786432\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 262144\n")
    number = HostSource(cgroup=tmp_path).observe(HostAsk(resource="memory"))
    assert 50 == number.value
    assert "of the container's limit of 1 MiB" == number.note


@pytest.mark.parametrize("limit", ["max\n", "", "999999999999999999\n", "garbage"])
def test_no_limit_means_the_machine(tmp_path: Path, limit: str) -> None:
    """Without a smaller limit the machine's own memory counts."""
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("786432\n")
    note = HostSource(cgroup=tmp_path).observe(HostAsk(resource="memory")).note
    assert "container" not in str(note)
