"""What the settings say about the checks that a database gets without SQL of yours; between items and schema."""

from __future__ import annotations

# pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import Field

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Integer, Name, Number, Switch, Timeout
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import CountLevels, default_levels
from pytest_deploycheck.status import Impact, Severity

#: What is looked at without being declared, each with the worst that it can find (None: remarks) and what suffers.
HEALTH: Final[dict[str, tuple[Severity | None, Impact, str]]] = {
    "key-triggers": (Severity.CRITICAL, Impact.DATA, "The triggers of every foreign key fire"),
    "replication-role": (Severity.HIGH, Impact.DATA, "No session goes round the triggers by default"),
    "constraint-not-valid": (Severity.MEDIUM, Impact.DATA, "Every enforced constraint is validated"),
    "constraint-not-enforced": (None, Impact.DATA, "Every constraint is enforced"),
    "invalid-index": (Severity.HIGH, Impact.PERFORMANCE, "Every index is valid"),
    "key-without-index": (Severity.LOW, Impact.PERFORMANCE, "Every foreign key of a large table has an index"),
    "replication-lag": (Severity.HIGH, Impact.OPS, "No standby lags behind"),
    "replication-slots": (Severity.CRITICAL, Impact.OPS, "Every replication slot is in use"),
    "prepared-transactions": (Severity.CRITICAL, Impact.PERFORMANCE, "No prepared transaction waits"),
    "sequences": (Severity.CRITICAL, Impact.DATA, "Every sequence has room"),
    "wraparound": (Severity.CRITICAL, Impact.DATA, "Transaction ids are far from wraparound"),
    "checksums": (None, Impact.DATA, "No damaged page was read"),
    "slow-queries": (Severity.MEDIUM, Impact.PERFORMANCE, "No statement is slow on average"),
    "seq-scans": (Severity.LOW, Impact.PERFORMANCE, "No large table is read from end to end again and again"),
    "bloat": (Severity.MEDIUM, Impact.OPS, "No large table has many dead rows"),
    "unused-index": (None, Impact.OPS, "Every large index is used"),
}

if TYPE_CHECKING:
    HealthName = str
else:  # the names stand in one place only
    HealthName = Literal[tuple(HEALTH)]
_Pair = tuple[Timeout, Timeout]
_Percents = tuple[Annotated[Number, Field(gt=0, le=100)], Annotated[Number, Field(gt=0, le=100)]]


class ForeignKeys(Table):
    """The proof of every foreign key, and of the soft references, in each run."""

    enabled: Switch = Field(default=True, description="false leaves the proof out.")
    budget: Annotated[Timeout, Field(le=60)] = Field(
        default=30.0, description="The time for all keys of one run, at most 60s; the rest is unverified."
    )
    max_age: Timeout = Field(
        default=86400.0, description="For how long a key's proof by an earlier run of the deployment counts."
    )
    levels: CountLevels = Field(
        default_factory=lambda: default_levels("", critical="> 0"), description="Levels of the orphans of one key."
    )
    soft_levels: CountLevels = Field(
        default_factory=lambda: default_levels("", low=">= 1", medium="> 5", critical="> 10"),
        description="Levels of the orphans of one soft reference.",
    )


class HealthLimits(Table):
    """From when on the health checks object: a pair is [first level, worse level]."""

    replication_lag: _Pair = Field(default=(30.0, 300.0), description="Replay lag of a standby.")
    prepared: Timeout = Field(default=30.0, description="Age of a prepared transaction.")
    slow: _Pair = Field(default=(0.2, 1.0), description="Mean time of a statement.")
    fewest_calls: Integer = Field(default=5, ge=1, description="Statements called less often are not judged.")
    sequence_percent: _Percents = Field(default=(80.0, 95.0), description="Used share of a sequence, in percent.")
    large_rows: Integer = Field(default=10_000, ge=0, description="Rows from which on a foreign key needs an index.")
    dead_percent: _Percents = Field(default=(10.0, 50.0), description="Estimated share of dead rows, in percent.")
    statistics_days: Number = Field(
        default=30.0, ge=0, description="Days of statistics before an index may be called unused."
    )


class Health(Item):
    """One of the health checks that a declared database gets; nothing of it is written in the settings."""

    kind: ClassVar[str] = "health"

    remark: Switch = Field(default=False, description="Whether what it finds is no more than a remark.")


class KeyQuery(Item):
    """A statement that matters: its plan is kept, and compared with the one before the deployment; it does not run."""

    kind: ClassVar[str] = "key_query"

    impact: Impact = Field(default=Impact.PERFORMANCE, description="What suffers from a failure.")
    sql: Name = Field(description="The statement, with usual values in it.")
    largest_scan: Integer = Field(
        default=10_000, ge=0, description="Tables with more rows may not be read from end to end."
    )


def health_items(skip: tuple[str, ...]) -> tuple[Health, ...]:
    """Return the health checks but those to leave out."""
    return tuple(
        Health(id=name, title=title, severity=stake or Severity.LOW, impact=impact, remark=stake is None)
        for name, (stake, impact, title) in HEALTH.items()
        if name not in skip
    )
