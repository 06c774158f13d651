"""Names as SQL and for people."""

from __future__ import annotations

from pytest_deploycheck.pgpack.names import dotted, quoted, shown
from pytest_deploycheck.sources.postgres_statement import guarded


def test_every_name_is_one_identifier() -> None:
    """Quotes are doubled; percent signs come out as they were once the source has read the statement."""
    assert '"a""b"."c d"' == dotted(('a"b', "c d"))
    assert 'SELECT "50%(x)s%"' == guarded(f"SELECT {quoted('50%(x)s%')}", {})[0]


def test_shown_is_safe_for_a_terminal() -> None:
    """Escape sequences in a name stay visible characters."""
    assert r"a.\x1b[31m" == shown("a", "\x1b[31m")
