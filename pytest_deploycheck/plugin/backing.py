"""The ``backups`` fixture: how fresh, large and many backups are, whether one is whole, and whether it comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking.backups import backups_ask, folder_ask, store_ask, structure_ask
from pytest_deploycheck.errors import CheckFailedError, InconclusiveError, MissingAccessError, NoDataError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.pgpack.fingerprint import Fingerprint, differences, fingerprint, parse_fingerprint
from pytest_deploycheck.pgpack.orphans import findings as orphan_findings
from pytest_deploycheck.pgpack.proving import prove_all
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.sources.postgres import PostgresSource
from pytest_deploycheck.sources.postgres_restore import restored
from pytest_deploycheck.status import Severity, Status

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pytest_deploycheck.asks import BackupFile, BackupList, BackupStructure
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.settings.backups import Backup

_MOST_TOLD = 5


class Backups:
    """Looks at declared backups."""

    def __init__(self, run: DeployRun) -> None:
        """Look for one check."""
        self._run = run

    def age(self, entry: Backup) -> Measurement:
        """Return the age of the newest backup in seconds.

        Raises:
            CheckFailedError: there is none, or the tool itself calls something wrong.
            SourceError: the place cannot be looked at.
        """
        found = self._list(entry)
        if found.problem:
            raise CheckFailedError(f"{found.place}: {found.problem}")
        newest = self._newest(found, entry.pattern)
        age = (self._now(found) - newest.at).total_seconds()
        return _measured(f"{entry.id}.age", max(0.0, age), found, unit="s", note=newest.name, n=len(found.files))

    def size(self, entry: Backup) -> Measurement:
        """Return the newest backup's size in percent of the last one's.

        Raises:
            CheckFailedError: it is smaller than ``min_size``.
            NoDataError: there is no earlier one to compare with.
        """
        found = self._list(entry)
        newest = self._newest(found, entry.pattern)
        if newest.bytes < entry.min_size:
            raise CheckFailedError(f"{newest.name} has {newest.bytes} bytes, less than {entry.min_size}")
        before = next((file for file in found.files[1:] if file.bytes), None)
        if before is None:
            raise NoDataError(f"there is no backup before {newest.name} to compare with", "Keep more than one")
        share = 100 * newest.bytes / before.bytes
        note = f"{newest.name}: {newest.bytes} bytes, before {before.bytes}"
        return _measured(f"{entry.id}.size", round(share, 2), found, unit="%", note=note)

    def require_components(self, entry: Backup) -> None:
        """Make sure that every component is there, fresh and not empty.

        Raises:
            CheckFailedError: one is not; each is told.
        """
        wrong = []
        limit = timedelta(seconds=entry.component_age)
        for name, pattern in entry.components.items():
            found = self._run.observatory.observe_now(folder_ask(self._run.settings, entry.folder or "", pattern))
            newest = found.files[0] if found.files else None
            if newest is None:
                wrong.append(f"{name}: nothing matches {pattern!r}")
            elif not newest.bytes:
                wrong.append(f"{name}: {newest.name} is empty")
            elif self._now(found) - newest.at > limit:
                wrong.append(f"{name}: {newest.name} is {_age(self._now(found) - newest.at)} old")
            elif entry.structure and (problem := self._structure(entry, newest).problem):
                wrong.append(f"{name}: {newest.name}: {problem}")
        if wrong:
            raise CheckFailedError("; ".join(wrong))

    def require_retention(self, entry: Backup) -> None:
        """Make sure that there are enough backups and that old ones are pruned.

        Raises:
            FindingError: there are too few (of the entry's severity), or some are too old (low).
        """
        found = self._list(entry)
        if entry.keep is not None and len(found.files) < entry.keep:
            message = f"{found.place} holds {len(found.files)} backups instead of {entry.keep}"
            raise FindingError(message, Severity.MEDIUM)
        if entry.retention is not None:
            limit = timedelta(seconds=entry.retention)
            old = [file for file in found.files if self._now(found) - file.at > limit]
            if old:
                message = (
                    f"{len(old)} backups are older than {format_duration(entry.retention)}, such as {old[-1].name}"
                )
                raise FindingError(message, Severity.LOW)

    def require_second_copy(self, entry: Backup) -> None:
        """Make sure that the newest backup lies in the second place, too, in the same size.

        Raises:
            CheckFailedError: it does not.
        """
        first = self._list(entry)
        newest = self._newest(first, entry.pattern)
        settings = self._run.settings
        asks: list[Any] = [folder_ask(settings, entry.second, entry.pattern)] if entry.second is not None else []
        if entry.second_store is not None:
            asks.append(store_ask(entry.second_store, entry.pattern, entry.timeout))
        for ask in asks:
            second: BackupList = self._run.observatory.observe_now(ask)
            name = newest.name.rpartition("/")[2]
            copy = next((file for file in second.files if file.name.rpartition("/")[2] == name), None)
            if copy is None:
                raise CheckFailedError(f"{second.place} does not hold {newest.name}")
            if copy.bytes != newest.bytes:
                raise CheckFailedError(
                    f"{copy.name} in {second.place} has {copy.bytes} bytes instead of {newest.bytes}"
                )

    def require_time(self, entry: Backup) -> None:
        """Make sure that the newest backup was not finished at a time to avoid, such as a maintenance window.

        Raises:
            FindingError: it was; of low severity.
        """
        newest = self._newest(self._list(entry), entry.pattern)
        clock = f"{newest.at:%H:%M}"
        hit = next((span for span in entry.avoid if _within(clock, span)), None)
        if hit is not None:
            raise FindingError(f"{newest.name} was finished at {clock} UTC, within {hit}", Severity.LOW)

    def require_whole(self, entry: Backup) -> Measurement:
        """Read the newest backup from end to end and return how many tables with rows it holds, where it tells.

        Raises:
            CheckFailedError: it is broken, empty, or of another database.
            InconclusiveError: its form is not known, or the program that reads it is missing.
        """
        found = self._list(entry)
        newest = self._newest(found, entry.pattern)
        structure = self._structure(entry, newest)
        if structure.problem:
            raise CheckFailedError(f"{newest.name} ({structure.kind}): {structure.problem}")
        if entry.database is not None and structure.database not in {None, entry.database}:
            raise CheckFailedError(f"{newest.name} is of the database {structure.database!r}, not {entry.database!r}")
        note = f"{newest.name}: {structure.kind}"
        return _measured(f"{entry.id}.tables", structure.tables or 0, found, note=note)

    def restored(self, entry: Backup) -> Measurement:
        """Restore the newest backup into a scratch server, compare, prove its keys; return how many rows came back.

        Raises:
            CheckFailedError: it cannot be restored, differs from its fingerprint, or has orphans.
            NoDataError: there is no fingerprint to compare with.
            InconclusiveError: there is no scratch server that can hold it.
        """
        found = self._list(entry)
        newest = self._newest(found, entry.pattern)
        path = self._run.settings.root / (entry.folder or "") / newest.name
        server = entry.restore_dsn.get_secret_value() if entry.restore_dsn is not None else None
        source = PostgresSource()
        try:
            with restored(path, server=server, timeout=entry.restore_timeout) as copy:
                if copy.problem:
                    raise CheckFailedError(f"{newest.name} cannot be restored: {copy.problem}")
                print_ = fingerprint(source, copy.dsn)
                proof = orphan_findings(prove_all(source, copy.dsn)[1])
        finally:
            source.close()
        self._compare(entry, path, print_, proof)
        note = f"{newest.name}: {len(print_.tables)} tables in {copy.seconds:.1f} s, {len(proof)} findings about keys"
        return _measured(f"{entry.id}.rows", print_.rows, found, note=note)

    def _compare(self, entry: Backup, path: Path, found: Fingerprint, proof: list[Finding]) -> None:
        bad = [each for each in proof if each.status in {Status.FAIL, Status.WARN} and each.severity is not None]
        kept = self._kept(entry, path)
        wrong = list(differences(kept, found)) if kept is not None else []
        wrong += [f"{each.object}: {each.message}" for each in bad if each.severity is Severity.CRITICAL]
        if wrong:
            more = f" (and {len(wrong) - _MOST_TOLD} more)" if len(wrong) > _MOST_TOLD else ""
            raise CheckFailedError(f"{path.name}: {'; '.join(wrong[:_MOST_TOLD])}{more}")
        unknown = [each for each in proof if each.status is Status.INCONCLUSIVE]
        if unknown:
            raise InconclusiveError(f"{path.name} was restored, and {unknown[0].message}", unknown[0].hint)
        if kept is None:
            raise NoDataError(
                f"{path.name} was restored ({found.rows} rows in {len(found.tables)} tables), and nothing says what "
                "ought to be in it",
                "Keep a fingerprint beside the dump: deploycheck backup fingerprint DSN > DUMP.fingerprint.json",
            )

    def _kept(self, entry: Backup, path: Path) -> Fingerprint | None:
        if entry.fingerprint is None:
            file = path.with_name(path.name + ".fingerprint.json")
        else:
            folder = self._run.settings.root / (entry.folder or "")
            matching = sorted(folder.glob(entry.fingerprint), key=lambda each: each.stat().st_mtime)
            file = matching[-1] if matching else path.with_name("nothing")
        try:
            return parse_fingerprint(file.read_bytes())
        except FileNotFoundError:
            return None
        except PermissionError:
            raise MissingAccessError(f"{file.name} may not be read", "Let this account read it") from None

    def _list(self, entry: Backup) -> BackupList:
        found: BackupList = self._run.observatory.observe_now(backups_ask(self._run.settings, entry))
        return found

    def _structure(self, entry: Backup, file: BackupFile) -> BackupStructure:
        ask = structure_ask(self._run.settings, entry, file.name)
        found: BackupStructure = self._run.observatory.observe_now(ask)
        return found

    def _now(self, found: BackupList) -> datetime:
        return found.at or self._run.now

    @staticmethod
    def _newest(found: BackupList, pattern: str) -> BackupFile:
        if not found.files:
            raise CheckFailedError(f"{found.place}: no backup matches {pattern!r}")
        return found.files[0]


def _age(delta: timedelta) -> str:
    return format_duration(round(delta.total_seconds()))


def _within(clock: str, span: str) -> bool:
    start, _, end = span.partition("-")
    return start <= clock < end if start <= end else clock >= start or clock < end


def _measured(
    name: str, value: float, found: BackupList, *, unit: str = "", note: str | None = None, n: int | None = None
) -> Measurement:
    return Measurement(
        metric=name, value=value, unit=unit, n=n, source="backup", target=found.place, at=found.at, note=note
    )
