"""What can be asked of a source, and what comes back; second stage, plain frozen values without behaviour of their own.

One file a kind. An *ask* is hashable: it is the key under which an observation made ahead is found again. Every ask has
a ``host``, the target whose concurrency is bounded and whose circuit breaks.
"""

from __future__ import annotations

from pytest_deploycheck.asks.backup import (
    BackupFile,
    BackupList,
    BackupListAsk,
    BackupStoreAsk,
    BackupStructure,
    BackupStructureAsk,
    BackupToolAsk,
)
from pytest_deploycheck.asks.base import MEBIBYTE, Ask, host_of
from pytest_deploycheck.asks.command import CommandAnswer, CommandAsk
from pytest_deploycheck.asks.dns import DnsAnswer, DnsAsk
from pytest_deploycheck.asks.files import FileAnswer, FileAsk
from pytest_deploycheck.asks.http import HttpAnswer, HttpAsk
from pytest_deploycheck.asks.local import HostAsk
from pytest_deploycheck.asks.logs import LogAnswer, LogAsk, LogSignature
from pytest_deploycheck.asks.number import Number, Numbers
from pytest_deploycheck.asks.openmetrics import OpenMetricsAsk
from pytest_deploycheck.asks.page import PageAnswer, PageAsk
from pytest_deploycheck.asks.prometheus import Alert, PromAlerts, PromAlertsAsk, PromAsk
from pytest_deploycheck.asks.realtime import RealtimeAnswer, RealtimeAsk
from pytest_deploycheck.asks.redis import RedisAnswer, RedisAsk
from pytest_deploycheck.asks.runtime import ContainerAnswer, ContainerAsk, Pod, WorkloadAnswer, WorkloadAsk
from pytest_deploycheck.asks.sentry import SentryAsk
from pytest_deploycheck.asks.sql import SnapshotAsk, SqlAnswer, SqlAsk
from pytest_deploycheck.asks.tcp import CertificateAsk, TcpAsk
from pytest_deploycheck.asks.textfile import TextfileAsk
from pytest_deploycheck.asks.tickets import TicketsAnswer, TicketsAsk
from pytest_deploycheck.asks.trial import TenantTrial, TenantTrialAsk, Trial

__all__ = [
    "MEBIBYTE",
    "Alert",
    "Ask",
    "BackupFile",
    "BackupList",
    "BackupListAsk",
    "BackupStoreAsk",
    "BackupStructure",
    "BackupStructureAsk",
    "BackupToolAsk",
    "CertificateAsk",
    "CommandAnswer",
    "CommandAsk",
    "ContainerAnswer",
    "ContainerAsk",
    "DnsAnswer",
    "DnsAsk",
    "FileAnswer",
    "FileAsk",
    "HostAsk",
    "HttpAnswer",
    "HttpAsk",
    "LogAnswer",
    "LogAsk",
    "LogSignature",
    "Number",
    "Numbers",
    "OpenMetricsAsk",
    "PageAnswer",
    "PageAsk",
    "Pod",
    "PromAlerts",
    "PromAlertsAsk",
    "PromAsk",
    "RealtimeAnswer",
    "RealtimeAsk",
    "RedisAnswer",
    "RedisAsk",
    "SentryAsk",
    "SnapshotAsk",
    "SqlAnswer",
    "SqlAsk",
    "TcpAsk",
    "TenantTrial",
    "TenantTrialAsk",
    "TextfileAsk",
    "TicketsAnswer",
    "TicketsAsk",
    "Trial",
    "WorkloadAnswer",
    "WorkloadAsk",
    "host_of",
]
