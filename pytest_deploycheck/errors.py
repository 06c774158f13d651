"""Every error this package raises, in one tree; the first stage, importing nothing of the package.

::

    DeploycheckError
    ├── SettingsError                     settings or usage are wrong            -> exit code 4
    ├── WireError                         a record from a worker or a file is unreadable
    ├── HistoryError                      the history cannot be opened, read or written
    │   ├── LockHeldError                 another run of the deployment is under way
    │   └── StateConflictError            somebody else changed the state meanwhile
    ├── SourceError                       could not measure                      -> Status.ERROR
    │   ├── NoAnswerError                 refused, reset, name not found, connection lost
    │   │   └── AnswerTimeoutError        nothing (or not everything) within the timeout
    │   ├── BadAnswerError                an answer that is not what was asked for
    │   │   └── AnswerTooLargeError       more bytes than the limit
    │   ├── LoginRefusedError             it answered, and refused us: our credentials, not its health
    │   ├── CommandError                  a program could not be started, or ended with an error
    │   ├── RateLimitedError              asked too often; the limit does not end within the timeout
    │   ├── QueryError                    the source refused the question itself
    │   │   └── ReplayConflictError       a standby cancelled it in favour of its replay
    │   ├── CircuitOpenError              not asked: the target stopped answering before
    │   └── ObserverOfflineError          our own network is gone, so nothing remote can be judged
    ├── InconclusiveError                 measured nothing that can be judged    -> Status.INCONCLUSIVE
    │   ├── NoDataError                   an empty answer, a NaN, zero samples
    │   ├── TooFewSamplesError            fewer samples than ``min_samples``
    │   ├── NoBaselineError               a relative condition without a baseline
    │   ├── MissingAccessError            a privilege or an extension is missing
    │   ├── UnknownExpectationError       nothing to compare with (for example no version was given)
    │   └── AttestationMissingError       a person has not answered yet, or the answer expired
    ├── NotifyError                       alerts, incidents or rosters; never changes a verdict
    │   ├── ChannelError                  a message did not arrive
    │   ├── StateError                    what was told before cannot be read or kept
    │   └── IncidentError                 there is no such incident
    ├── RecordsError                      a record cannot be made, written or cleaned up
    └── CheckFailedError (AssertionError) measured, and bad                      -> Status.FAIL or WARN
        └── ThresholdExceededError        a level of a ladder was reached

``ERROR`` (could not measure) and ``FAIL`` (measured, and bad) never mix: the branch of the tree decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class DeploycheckError(Exception):
    """The root: everything that this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """One thing wrong in the settings: where, what, and what to do.

    ``location`` is a file name or ``command line`` / ``environment``; ``key`` is the dotted path inside it
    (``metric[2].levels.high``); ``value`` is the offending value as text (never a secret), ``hint`` the remedy.
    """

    location: str
    key: str
    message: str
    value: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        """Return one line: ``FILE: KEY: MESSAGE (got VALUE). HINT``."""
        where = f"{self.location}: {self.key}: " if self.key else f"{self.location}: "
        got = f" (got {self.value})" if self.value is not None else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{got}.{hint}"


@dataclass(eq=False)
class SettingsError(DeploycheckError):
    """All that is wrong with the settings or the command line, at once."""

    problems: tuple[SettingsProblem, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        """Return one line for each problem."""
        return "\n".join(str(problem) for problem in self.problems)

    @classmethod
    def of(
        cls, location: str, key: str, message: str, *, value: str | None = None, hint: str | None = None
    ) -> SettingsError:
        """Return an error with a single problem."""
        return cls((SettingsProblem(location, key, message, value, hint),))


class WireError(DeploycheckError):
    """A record from a worker or a file that cannot be decoded."""


@dataclass(eq=False)
class HistoryError(DeploycheckError):
    """The history could not be used. ``hint`` says what to do about it, in one sentence."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return the message with its hint."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


class LockHeldError(HistoryError):
    """Another run of the deployment is under way."""


class StateConflictError(HistoryError):
    """Somebody else changed the state meanwhile."""


@dataclass(eq=False)
class SourceError(DeploycheckError):
    """A source could not be measured. ``hint`` says what to do about it, in one sentence."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return the message with its hint."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


class NoAnswerError(SourceError):
    """The target did not answer: refused, reset, unknown name, connection lost."""


class AnswerTimeoutError(NoAnswerError):
    """The target did not answer (in full) within the timeout."""


class BadAnswerError(SourceError):
    """The target answered something that is not what was asked for."""


class AnswerTooLargeError(BadAnswerError):
    """The answer has more bytes than the limit; reading stopped there."""


class LoginRefusedError(SourceError):
    """The source answered and refused our login: wrong password, unknown user or database, no entry for this host."""


class RateLimitedError(SourceError):
    """The source was asked too often, and its limit does not end within the timeout."""


class CommandError(SourceError):
    """A program could not be started, or ended with an error."""


@dataclass(eq=False)
class QueryError(SourceError):
    """The source refused the question: a syntax error, an unknown table, an unknown metric.

    ``sqlstate`` is the database's code when it was the statement itself that was refused, None otherwise.
    """

    sqlstate: str | None = None


class ReplayConflictError(QueryError):
    """A standby cancelled the question in favour of its replay; another moment may do."""


class CircuitOpenError(SourceError):
    """Not asked: the target stopped answering earlier in this run."""


class ObserverOfflineError(SourceError):
    """The declared self-check target does not answer either: our own network is gone."""


@dataclass(eq=False)
class InconclusiveError(DeploycheckError):
    """Nothing that could be judged; never green. ``hint`` says how to get a result."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return the message with its hint."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


class NoDataError(InconclusiveError):
    """An empty answer, a NaN, zero samples."""


class TooFewSamplesError(InconclusiveError):
    """Fewer samples than ``min_samples``."""


class NoBaselineError(InconclusiveError):
    """A relative condition without a baseline."""


class MissingAccessError(InconclusiveError):
    """A privilege or an extension is missing; the hint holds the statement to run."""


class UnknownExpectationError(InconclusiveError):
    """There is nothing to compare with."""


class AttestationMissingError(InconclusiveError):
    """A person has not answered yet, or the answer expired."""


@dataclass(eq=False)
class NotifyError(DeploycheckError):
    """Something about alerts went wrong. ``hint`` says what to do about it, in one sentence."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return the message with its hint."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


@dataclass(eq=False)
class ChannelError(NotifyError):
    """A message did not arrive; the text names no address, which may be a secret.

    ``retry_after`` is how many seconds the service wants to be left alone, ``permanent`` that trying again is no use,
    ``uncertain`` that the message may have arrived nevertheless.
    """

    retry_after: float | None = None
    permanent: bool = False
    uncertain: bool = False


class StateError(NotifyError):
    """What was told before cannot be read or kept."""


class IncidentError(NotifyError):
    """There is no such incident."""


@dataclass(eq=False)
class RecordsError(DeploycheckError):
    """A record cannot be made, written or cleaned up. ``hint`` says what to do about it, in one sentence."""

    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return the message with its hint."""
        return f"{self.message}. {self.hint}" if self.hint else self.message


class CheckFailedError(DeploycheckError, AssertionError):
    """A check measured, and what it measured is bad."""


class ThresholdExceededError(CheckFailedError):
    """A measurement reached a level of its ladder."""
