"""Files of this machine as a source: when one was changed; answers :class:`FileAsk`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pytest_deploycheck.asks import FileAnswer, FileAsk
from pytest_deploycheck.errors import MissingAccessError, SourceError
from pytest_deploycheck.redact import printable


class FileSource:
    """Looks at files."""

    ask_type: type = FileAsk

    def observe(self, ask: FileAsk) -> FileAnswer:
        """Return when a file was changed; that there is none is an answer, too.

        Raises:
            MissingAccessError: its folder may not be looked into.
            SourceError: it cannot be looked at.
        """
        shown, at = printable(ask.path), datetime.now(UTC)
        try:
            changed = datetime.fromtimestamp(Path(ask.path).stat().st_mtime, UTC)
        except FileNotFoundError:
            return FileAnswer(path=ask.path, changed=None, at=at)
        except PermissionError:
            raise MissingAccessError(f"{shown} may not be looked at", "Let this account enter its folder") from None
        except (OSError, ValueError, OverflowError) as error:
            raise SourceError(f"{shown} cannot be looked at ({type(error).__name__})") from None
        return FileAnswer(path=ask.path, changed=changed, at=at)

    def close(self) -> None:
        """Nothing is held."""
