"""One run of a deployment at a time: a row that its owner keeps fresh; a dead owner's row is taken over.

The owner is dead when its process is gone (on the same machine) or when it has not been heard of for a while. Time is
told by the database where there is a server, so that the clocks of two machines do not matter.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text

from pytest_deploycheck.errors import LockHeldError
from pytest_deploycheck.history.engine import POSTGRES, writing
from pytest_deploycheck.history.schema import locks
from pytest_deploycheck.history.texts import clean, inserted
from pytest_deploycheck.history.values import from_ms, to_ms

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Row

LEASE: Final = 30.0
BEAT: Final = 5.0
_POLL: Final = 0.2
_LONGEST_POLL: Final = 2.0
_ENDED: Final = frozenset("ZX")
_STARTED: Final = 19


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is held: its name and the word that only its owner knows."""

    name: str
    owner: str


def acquire(engine: Engine, name: str, timeout: float) -> Lock:
    """Take a lock, waiting at most ``timeout`` seconds.

    Raises:
        LockHeldError: somebody else holds it for longer; the message says who, and since when.
        HistoryError: the database cannot be asked.
    """
    lock = Lock(clean(name), secrets.token_hex(16))
    until = time.monotonic() + timeout
    pause = _POLL
    while True:
        with writing(engine) as connection:
            holder = _try(connection, lock)
        if holder is None:
            return lock
        left = until - time.monotonic()
        if left <= 0:
            since = from_ms(holder.taken_at)
            raise LockHeldError(
                f"another run of this deployment is under way since {since:%Y-%m-%d %H:%M:%S} UTC "
                f"(process {holder.pid} on {holder.host})",
                f"Wait for it, or let this one wait longer with [run] lock_timeout (now {timeout:g} s)",
            )
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_POLL)


def refresh(engine: Engine, lock: Lock) -> bool:
    """Say that the owner is alive; False when somebody took the lock over meanwhile."""
    with writing(engine) as connection:
        mine = (locks.c.name == lock.name, locks.c.owner == lock.owner)
        return connection.execute(locks.update().where(*mine).values(seen_at=_now(connection))).rowcount == 1


def release(engine: Engine, lock: Lock) -> None:
    """Give the lock back; one that was taken over stays with its new owner."""
    with writing(engine) as connection:
        connection.execute(locks.delete().where(locks.c.name == lock.name, locks.c.owner == lock.owner))


def _try(connection: Connection, lock: Lock) -> Row[tuple[object, ...]] | None:
    """Take the lock and return None, or return who holds it."""
    now = _now(connection)
    mine = {
        "owner": lock.owner,
        "host": clean(socket.gethostname()),
        "pid": os.getpid(),
        "process": process_mark(os.getpid()),
        "taken_at": now,
        "seen_at": now,
    }
    if inserted(connection, locks, name=lock.name, **mine):
        return None
    holder = connection.execute(select(locks).where(locks.c.name == lock.name)).first()
    if holder is None:  # given back this very moment
        return _try(connection, lock)
    if not _is_dead(holder, now):
        return holder
    theirs = (locks.c.name == lock.name, locks.c.owner == holder.owner, locks.c.seen_at == holder.seen_at)
    return None if connection.execute(locks.update().where(*theirs).values(**mine)).rowcount == 1 else holder


def _is_dead(holder: Row[tuple[object, ...]], now: int) -> bool:
    if now - holder.seen_at > LEASE * 1000:
        return True
    if holder.host != clean(socket.gethostname()):
        return False
    # in a container the same number may be another process, and the same host name another container
    mark = process_mark(holder.pid)
    return bool(holder.process) and mark != holder.process and _same_machine(holder.process)


def process_mark(pid: int) -> str:
    """Return what tells a process from a later one of the same number: machine and start; empty if unknown."""
    machine = _machine()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return machine and f"{machine} {'gone' if fields[0] in _ENDED else fields[_STARTED]}"
    except FileNotFoundError:
        return machine and f"{machine} gone"
    except (OSError, IndexError):
        return ""


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except (OSError, ValueError):
        return ""


def _same_machine(mark: str) -> bool:
    machine = _machine()
    return bool(machine) and mark.startswith(f"{machine} ")


def _now(connection: Connection) -> int:
    if connection.dialect.name == POSTGRES:
        return int(connection.scalar(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) or 0)
    return to_ms(datetime.now(UTC))
