"""The section ``[[backup]]``; beside the other items."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import ClassVar, Literal

from pydantic import Field

from pytest_deploycheck.judgement.ladder import Ladder
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import (
    BaseUrl,
    ByteSize,
    Clock,
    Dsn,
    Duration,
    Glob,
    Integer,
    Name,
    SecretText,
    SeverityWord,
    Switch,
)
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import PercentLevels, SecondsLevels, default_levels
from pytest_deploycheck.status import Impact, Severity


class Store(Table):
    """A bucket of S3, or of something that speaks like it."""

    endpoint: BaseUrl = Field(description="https://s3.eu-central-1.amazonaws.com, or the address of another store.")
    bucket: Name = Field(description="The bucket.")
    region: Name = Field(default="us-east-1", description="The region that requests are signed for.")
    prefix: str = Field(default="", description="Where the backups' names begin.")
    access_key: SecretText = Field(description="The access key; it needs to list the bucket.")
    secret_key: SecretText = Field(description="The secret key.")


class Tool(Table):
    """What a backup tool says about its own backups."""

    program: Literal["pgbackrest", "barman"] = Field(description="The tool.")
    name: Name = Field(description="The stanza of pgBackRest, or the server of Barman.")


def _age() -> Ladder:
    return default_levels("s", medium="> 26h", high="> 50h")


def _size() -> Ladder:
    return default_levels("%", medium="< 70%", high="< 40%")


class Backup(Item):
    """Backups in one place; exactly one of ``folder``, ``store`` and ``tool`` says where."""

    kind = "backup"
    indirect: ClassVar[frozenset[str]] = frozenset({"retention", "window"})

    severity: SeverityWord = Field(default=Severity.HIGH, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.DATA, description="What suffers from a failure.")
    folder: Name | None = Field(default=None, description="The folder; relative to the settings file.")
    store: Store | None = Field(default=None, description="The bucket.")
    tool: Tool | None = Field(default=None, description="The tool that makes them.")
    pattern: Glob = Field(default="*", description='Which files: a glob such as "db-backup-*.dump".')
    age: SecondsLevels = Field(default_factory=_age, description="Levels of the newest one's age.")
    min_size: ByteSize = Field(default=1, description="The smallest size that can be a backup.")
    size: PercentLevels = Field(
        default_factory=_size, description="Levels of the newest one's size, in percent of the last one's."
    )
    components: dict[Name, Glob] = Field(
        default_factory=dict, description="What else belongs to it, by name: a glob, as fresh as the backup."
    )
    component_age: Duration = Field(default=50 * 3600.0, description="How old a component may be.")
    keep: Integer | None = Field(default=None, ge=1, description="How many there have to be at least.")
    retention: Duration | None = Field(default=None, description="How old one may become before it is pruned.")
    second: Name | None = Field(default=None, description="A second folder that has to hold the newest one, too.")
    second_store: Store | None = Field(default=None, description="A bucket that has to hold the newest one, too.")
    avoid: tuple[Clock, ...] = Field(default=(), description='Times in UTC when none may be made: "02:00-04:00".')
    structure: Switch = Field(default=True, description="Read the newest one of a folder from end to end.")
    database: Name | None = Field(default=None, description="The database that the dump has to be of.")
    restore: Switch = Field(default=False, description="Restore the newest one into a scratch server and compare.")
    restore_dsn: Dsn | None = Field(
        default=None, description="A scratch server of yours, its superuser; default: an embedded PostgreSQL 18."
    )
    fingerprint: Glob | None = Field(
        default=None, description='The fingerprint beside it; default: its name and ".fingerprint.json".'
    )
    restore_timeout: Duration = Field(default=1800.0, description="How long restoring may take.")

    def patience(self, aspect: str) -> float | None:
        """Return how long the check of an aspect may take: restoring, comparing and proving are counted apart."""
        return {"structure": 2 * (self.timeout or 600.0), "restore": self.restore_timeout + 300.0}.get(aspect)

    @property
    def has_second(self) -> bool:
        """Whether a second place is declared."""
        return self.second is not None or self.second_store is not None

    @property
    def is_readable(self) -> bool:
        """Whether the newest one can and should be read."""
        return self.structure and self.folder is not None
