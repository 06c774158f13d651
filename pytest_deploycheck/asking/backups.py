"""Where declared backups lie, as questions to the sources; pure, between settings and observing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.asks import BackupListAsk, BackupStoreAsk, BackupStructureAsk, BackupToolAsk

if TYPE_CHECKING:
    from pytest_deploycheck.settings.backups import Backup, Store
    from pytest_deploycheck.settings.schema import Settings

BackupPlaceAsk = BackupListAsk | BackupStoreAsk | BackupToolAsk


def backups_ask(settings: Settings, entry: Backup) -> BackupPlaceAsk:
    """Return the question which backups there are."""
    if entry.folder is not None:
        return folder_ask(settings, entry.folder, entry.pattern)
    if entry.store is not None:
        return store_ask(entry.store, entry.pattern, entry.timeout)
    assert entry.tool is not None
    return BackupToolAsk(tool=entry.tool.program, name=entry.tool.name, timeout=entry.timeout or 30.0)


def folder_ask(settings: Settings, folder: str, pattern: str) -> BackupListAsk:
    """Return the question what lies in a folder; a relative one starts at the settings file."""
    return BackupListAsk(folder=str(settings.root / folder), pattern=pattern)


def store_ask(store: Store, pattern: str, timeout: float | None) -> BackupStoreAsk:
    """Return the question what lies in a bucket."""
    return BackupStoreAsk(
        endpoint=store.endpoint,
        bucket=store.bucket,
        region=store.region,
        prefix=store.prefix,
        access_key=store.access_key.get_secret_value(),
        secret_key=store.secret_key.get_secret_value(),
        pattern=pattern,
        timeout=timeout or 10.0,
    )


def structure_ask(settings: Settings, entry: Backup, name: str) -> BackupStructureAsk:
    """Return the question whether a file of the entry's folder is a whole backup."""
    return BackupStructureAsk(path=str(settings.root / (entry.folder or "") / name), timeout=entry.timeout or 600.0)
