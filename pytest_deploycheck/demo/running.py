"""Puts one demo together: PostgreSQL, service, control and traffic, started in order and stopped in the reverse one."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg

from pytest_deploycheck.demo import effects
from pytest_deploycheck.demo.backups import FRESH, STALE, DemoBackups
from pytest_deploycheck.demo.context import (
    DEMO_PERSON,
    DEMO_SECRET,
    PROBE_EMAIL,
    VERSION,
    Context,
    Credentials,
    ServiceLog,
    Tokens,
)
from pytest_deploycheck.demo.control import build_control
from pytest_deploycheck.demo.effects_database import DatabaseFaults
from pytest_deploycheck.demo.faults import Active, FaultBoard
from pytest_deploycheck.demo.metrics import Metrics
from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.demo.seed import APP_ROLE, DATABASE, MONITOR_ROLE, create_roles, seed
from pytest_deploycheck.demo.service import build_service
from pytest_deploycheck.demo.serving import WebServer
from pytest_deploycheck.demo.store import Store
from pytest_deploycheck.demo.traffic import Traffic

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

# The reserve lets the monitor in while the fault pool-exhausted is on.
SETTINGS: Final = {"reserved_connections": "5"}
WARM: Final = 20
WARM_SECONDS: Final = 5.0


class Demo:
    """A whole demo in this process; leaving the ``with`` block takes all of it away."""

    def __init__(self, *, port: int = 0) -> None:
        """Choose the service's port; 0 takes a free one."""
        self._port = port
        self._stack = contextlib.ExitStack()
        self.board = FaultBoard()
        self.credentials = Credentials()

    def __enter__(self) -> Self:
        """Start everything; the traffic flows when this returns."""
        with contextlib.ExitStack() as undo:
            self.postgres = undo.enter_context(EmbeddedPostgres(SETTINGS))
            user = self._fill()
            self.backups = DemoBackups(self.postgres.folder / "backups")
            self.backups.make(self.postgres.dsn_for(DATABASE))
            self.context = self._build_context(user)
            undo.callback(self.context.log.close)
            undo.callback(self.context.store.close)
            self.server = WebServer(build_service(self.context), self._port)
            undo.callback(self.server.close)
            self.control = WebServer(build_control(self.board, self.credentials.control_token))
            undo.callback(self.control.close)
            self._announce()
            self.server.start()
            self.control.start()
            self._register_effects()
            undo.callback(self._clear)
            traffic = Traffic(self.server.port, self.credentials.mobile_token, lambda: self.board.on("traffic-stop"))
            undo.callback(traffic.stop)
            traffic.start()
            self._warm_up()
            self._stack = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._stack.close()

    def switch_on(self, faults: tuple[Active, ...]) -> None:
        """Switch faults on, one after another."""
        for fault in faults:
            self.board.switch_on(fault)

    def facts(self) -> dict[str, Any]:
        """Return where everything is and what is secret, for the process that started this one."""
        return {
            "url": self.server.url,
            "dsn": self.postgres.dsn_for(DATABASE, user=MONITOR_ROLE, password=self.credentials.monitor_password),
            "control_url": self.control.url,
            "control_token": self.credentials.control_token,
            "admin_key": self.credentials.admin_key,
            "email": PROBE_EMAIL,
            "password": self.credentials.probe_password,
            "log": str(self.log_path),
            "backups": str(self.backups.folder),
            "version": VERSION,
            "secrets": [DEMO_SECRET, DEMO_PERSON, self.credentials.app_password],
            "faults": list(self.board.names()),
        }

    @property
    def log_path(self) -> Path:
        """The service's log; it goes away with the database's folder."""
        return self.postgres.folder / "service.log"

    def _fill(self) -> int:
        with psycopg.connect(self.postgres.dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE demo")
            create_roles(
                connection,
                app_password=self.credentials.app_password,
                monitor_password=self.credentials.monitor_password,
            )
        with psycopg.connect(self.postgres.dsn_for(DATABASE), autocommit=True) as connection:
            return seed(connection, email=PROBE_EMAIL, password=self.credentials.probe_password)

    def _build_context(self, user: int) -> Context:
        app_dsn = self.postgres.dsn_for(DATABASE, user=APP_ROLE, password=self.credentials.app_password)
        metrics = Metrics()
        return Context(
            board=self.board,
            store=Store(app_dsn),
            log=ServiceLog(self.log_path, metrics),
            metrics=metrics,
            credentials=self.credentials,
            tokens=Tokens({self.credentials.mobile_token: user, self.credentials.admin_key: user}),
            app_dsn=app_dsn,
        )

    def _register_effects(self) -> None:
        effects.register(self.board, self.context, self.server)
        self.board.effect("stale-backup", lambda _value: self.backups.let_be(STALE), lambda: self.backups.let_be(FRESH))
        DatabaseFaults(self.postgres, self.credentials.app_password).register(self.board)

    def _announce(self) -> None:
        for line in (
            "Starting Demo Backend...",
            f"Version {VERSION}",
            "Database initialized successfully",
            "Application startup complete",
        ):
            self.context.log.write("INFO", line)

    def _warm_up(self) -> None:
        deadline = time.monotonic() + WARM_SECONDS
        while self.context.metrics.requests("mobile") < WARM and time.monotonic() < deadline:
            time.sleep(0.02)

    def _clear(self) -> None:
        """Let go of what faults hold; the database is about to go away anyway."""
        with contextlib.suppress(Exception):
            self.board.clear()
