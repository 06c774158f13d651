"""The way to the database: addresses, connections, transactions, and errors that say what to do; below everything else.

SQLite and PostgreSQL differ here and nowhere else. A write takes SQLite's lock when it begins, so that two writers wait
for each other instead of failing halfway.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from pytest_deploycheck.errors import HistoryError
from pytest_deploycheck.history.schema import SCHEMA_VERSION, bring_up_to_date, version_of
from pytest_deploycheck.redact import Redactor, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

SQLITE: Final = "sqlite"
POSTGRES: Final = "postgresql"
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_READ: Final = "deploycheck_read"
_CREATION_LOCK: Final = 0x6465706C6F79  # any number, the same for everybody who creates the tables
_LONGEST_REASON: Final = 200
# what a driver says -> what it means, and what to do
_MEANINGS: Final = (
    ("locked", "is locked by another process", "Wait for it, or raise [history] timeout"),
    ("not a database", "is no history, or it is damaged", "Move the file away: a new one begins with the next run"),
    ("malformed", "is damaged", "Move the file away: a new one begins with the next run"),
    ("disk i/o error", "cannot be read or written (disk error)", "Check the disk"),
    ("readonly", "cannot be written", "Make the file and its folder writable"),
    ("read-only", "cannot be written", "Give the account the right to write, or another [history] url"),
    ("unable to open", "cannot be opened", "Make the folder writable, or give another [history] url"),
    ("full", "cannot be written: the disk is full", "Free some space"),
    ("password authentication", "refused our login", "Correct the user and the password in [history] url"),
    ("permission denied", "refuses us a right", "GRANT USAGE, CREATE ON SCHEMA public TO the account of [history] url"),
    ("statement timeout", "did not answer in time", "Look at what the database waits for"),
    ("lock timeout", "is locked by another session", "Look at what holds the lock in pg_stat_activity"),
)


def url_of(place: str | Path) -> URL:
    """Return the address of a file or of a database.

    Raises:
        HistoryError: it is none that a history can have.
    """
    if isinstance(place, Path):
        return make_url("sqlite://").set(database=str(place.absolute()))
    try:
        url = make_url(place)
        driver = _DRIVERS[url.drivername]
    except (ArgumentError, NoSuchModuleError, ValueError, KeyError):
        raise HistoryError(
            f"{printable(Redactor().text(place))[:_LONGEST_REASON]!r} is no address of a history",
            "Write sqlite:///path/to/file or postgresql://user:password@host/database",
        ) from None
    if driver == SQLITE and not url.database:
        raise HistoryError("the address of the history names no file", "Write sqlite:///path/to/file")
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """Return the address without its password."""
    if url.get_backend_name() == SQLITE:
        return printable(Path(url.database or "").name)
    return printable(f"{url.host or 'the local socket'}/{url.database or ''}")


def engine_of(url: URL, *, timeout: float) -> Engine:
    """Return an engine whose connections wait at most ``timeout`` seconds for anything."""
    if url.get_backend_name() == SQLITE:
        engine = create_engine(url, connect_args={"timeout": timeout, "check_same_thread": False}, poolclass=QueuePool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    milliseconds = max(1, round(timeout * 1000))
    limits = f"-c statement_timeout={milliseconds * 6} -c lock_timeout={milliseconds} -c timezone=UTC"
    given: dict[str, Any] = {
        "connect_timeout": max(2, round(timeout)),
        "options": limits,
        "application_name": "pytest-deploycheck",
        "tcp_user_timeout": milliseconds * 6,
    }
    # what the address itself says wins
    own = {key: value for key, value in given.items() if key not in url.query}
    return create_engine(url, connect_args=own, pool_size=3)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get(_READ):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn whatever the database says into one clear error.

    Raises:
        HistoryError: it could not be opened, read or written.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise _meaning(error, url) from None
    except (OSError, UnicodeError, OverflowError) as error:
        raise HistoryError(f"the history {shown(url)} cannot be used ({type(error).__name__})") from None


def _meaning(error: SQLAlchemyError, url: URL) -> HistoryError:
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    found = next((rest for mark, *rest in _MEANINGS if mark in said.lower()), None)
    if found is not None:
        return HistoryError(f"the history {shown(url)} {found[0]}", found[1])
    reason = printable(Redactor((url.password,) if url.password else ()).text(said))[:_LONGEST_REASON]
    unreachable = getattr(error, "connection_invalidated", False) or "connect" in said.lower()
    return HistoryError(
        f"the history {shown(url)} {'cannot be reached' if unreachable else 'cannot be used'}: {reason}",
        "Check [history] url and the network" if unreachable else None,
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection for reading.

    Raises:
        HistoryError: it cannot be read.
    """
    with told(engine.url), engine.connect().execution_options(**{_READ: True}) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside a transaction, which is committed at the end and leaves nothing behind on an error.

    Raises:
        HistoryError: it cannot be written.
    """
    with told(engine.url), engine.begin() as connection:
        yield connection


def prepare(engine: Engine) -> None:
    """See to it that the tables are there and up to date; several processes may do this at once.

    Raises:
        HistoryError: they cannot be made, or they are newer than this program.
    """
    with reading(engine) as connection:
        if version_of(connection) == SCHEMA_VERSION:
            return
    with writing(engine) as connection:
        if connection.dialect.name == POSTGRES:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATION_LOCK})
        bring_up_to_date(connection)


def tidy_up(engine: Engine) -> None:
    """Give the space of deleted rows back; PostgreSQL does that by itself.

    Raises:
        HistoryError: it cannot be written.
    """
    if engine.url.get_backend_name() == SQLITE:
        with reading(engine) as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
