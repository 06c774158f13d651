"""Which source answers which ask: one line each. The top of the sources; ``observing.py`` takes the whole from here.

A source's module is imported when it is asked for the first time: a run without a database never loads a driver.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from pytest_deploycheck.asks import (
    BackupListAsk,
    BackupStoreAsk,
    BackupStructureAsk,
    BackupToolAsk,
    CertificateAsk,
    CommandAsk,
    ContainerAsk,
    DnsAsk,
    FileAsk,
    HostAsk,
    HttpAsk,
    LogAsk,
    OpenMetricsAsk,
    PageAsk,
    PromAlertsAsk,
    PromAsk,
    RealtimeAsk,
    RedisAsk,
    SentryAsk,
    SnapshotAsk,
    SqlAsk,
    TcpAsk,
    TenantTrialAsk,
    TextfileAsk,
    TicketsAsk,
    WorkloadAsk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.sources.base import Source


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source: the ask, ``module:Class``, and which keywords of the class take another source's ``observe``."""

    ask_type: type
    place: str
    needs: Mapping[str, type] = field(default_factory=dict)


LINES: Final = (
    SourceLine(HttpAsk, "pytest_deploycheck.sources.http:HttpSource"),
    SourceLine(TcpAsk, "pytest_deploycheck.sources.tcp:TcpSource"),
    SourceLine(SqlAsk, "pytest_deploycheck.sources.postgres:PostgresSource"),
    SourceLine(TenantTrialAsk, "pytest_deploycheck.sources.postgres_trial:PostgresTrialSource"),
    SourceLine(SnapshotAsk, "pytest_deploycheck.sources.postgres:SnapshotSource", {"through": SqlAsk}),
    SourceLine(OpenMetricsAsk, "pytest_deploycheck.sources.openmetrics:OpenMetricsSource", {"fetch": HttpAsk}),
    SourceLine(SentryAsk, "pytest_deploycheck.sources.sentry:SentrySource", {"fetch": HttpAsk}),
    SourceLine(PromAsk, "pytest_deploycheck.sources.prometheus:PrometheusSource", {"fetch": HttpAsk}),
    SourceLine(PromAlertsAsk, "pytest_deploycheck.sources.prometheus_alerts:AlertsSource", {"fetch": HttpAsk}),
    SourceLine(CertificateAsk, "pytest_deploycheck.sources.tcp_certificate:CertificateSource"),
    SourceLine(CommandAsk, "pytest_deploycheck.sources.command:CommandSource"),
    SourceLine(DnsAsk, "pytest_deploycheck.sources.dns:DnsSource"),
    SourceLine(RedisAsk, "pytest_deploycheck.sources.redis:RedisSource"),
    SourceLine(TextfileAsk, "pytest_deploycheck.sources.openmetrics_file:TextfileSource"),
    SourceLine(BackupListAsk, "pytest_deploycheck.sources.backup:BackupListSource"),
    SourceLine(BackupStructureAsk, "pytest_deploycheck.sources.backup_structure:BackupStructureSource"),
    SourceLine(BackupToolAsk, "pytest_deploycheck.sources.backup_tools:BackupToolSource"),
    SourceLine(BackupStoreAsk, "pytest_deploycheck.sources.backup_store:BackupStoreSource", {"fetch": HttpAsk}),
    SourceLine(HostAsk, "pytest_deploycheck.sources.host:HostSource"),
    SourceLine(TicketsAsk, "pytest_deploycheck.sources.tickets:TicketSource", {"fetch": HttpAsk}),
    SourceLine(FileAsk, "pytest_deploycheck.sources.files:FileSource"),
    SourceLine(ContainerAsk, "pytest_deploycheck.sources.runtime_containers:ContainerSource"),
    SourceLine(WorkloadAsk, "pytest_deploycheck.sources.runtime_workloads:WorkloadSource"),
    SourceLine(PageAsk, "pytest_deploycheck.sources.pages:PageSource"),
    SourceLine(RealtimeAsk, "pytest_deploycheck.sources.http_realtime:RealtimeSource", {"fetch": HttpAsk}),
    SourceLine(LogAsk, "pytest_deploycheck.sources.logs:LogSource"),
)


class LazySource:
    """A source that comes into being with the first ask."""

    def __init__(self, line: SourceLine, sources: Mapping[type, Source]) -> None:
        """Remember how to build it; ``sources`` is where those are that it needs."""
        self._line = line
        self._sources = sources
        self._lock = threading.Lock()
        self._source: Source | None = None

    @property
    def ask_type(self) -> type:
        """The ask that this source answers."""
        return self._line.ask_type

    @property
    def requests(self) -> int | None:
        """How many requests the source sent, or None when it does not count them itself."""
        if self._source is None or self._line.needs:  # the source that it asks through does the counting
            return 0
        return cast("int | None", getattr(self._source, "requests", None))

    def observe(self, ask: Any) -> Any:
        """Ask once and return the answer.

        Raises:
            SourceError: it could not be measured.
            InconclusiveError: there was nothing to measure.
        """
        return self._built().observe(ask)

    def close(self) -> None:
        """Close the source if there ever was one; idempotent."""
        with self._lock:
            source = self._source
        if source is not None:
            source.close()

    def _built(self) -> Source:
        """Return the source, building it the first time."""
        with self._lock:
            if self._source is None:
                module, _, name = self._line.place.partition(":")
                keywords = {key: self._sources[needed].observe for key, needed in self._line.needs.items()}
                self._source = cast("Source", getattr(import_module(module), name)(**keywords))
            return self._source


def build_sources(lines: tuple[SourceLine, ...] = LINES) -> dict[type, Source]:
    """Return every known source by the ask that it answers; nothing is imported or opened yet."""
    sources: dict[type, Source] = {}
    for line in lines:
        sources[line.ask_type] = LazySource(line, sources)
    return sources
