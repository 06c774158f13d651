"""``${VAR}`` and ``${VAR:-default}`` in the texts of the settings; between reading the file and validating it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.settings.secrets import dsn_secrets, is_secret_name
from pytest_deploycheck.settings.values import FromEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[str | int, ...]
_REFERENCE: Final = re.compile(r"\$(?:(\$)(?=\{)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})")


@dataclass(slots=True)
class Interpolation:
    """What filling in the variables came to: the unset ones by key, and the secrets among the values."""

    environ: Mapping[str, str]
    unset: list[tuple[Path, str]] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def fill(self, value: Any, path: Path = ()) -> Any:
        """Return the value with every reference in its texts replaced; an unset variable is noted and left as it is.

        An empty variable counts as unset; ``${NAME:-}`` accepts it. ``$${NAME}`` is the text ``${NAME}``.
        """
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else value
        if isinstance(value, dict):
            return {key: self.fill(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each, (*path, index)) for index, each in enumerate(value)]
        return value

    def _text(self, text: str, path: Path) -> str:
        def replacement(match: re.Match[str]) -> str:
            escaped, name, default = match.groups()
            return "$" if escaped else self._variable(name, default, match[0], path)

        whole = _REFERENCE.fullmatch(text) is not None
        filled = _REFERENCE.sub(replacement, text)
        return FromEnvironment(filled) if whole and filled != text else filled

    def _variable(self, name: str, default: str | None, written: str, path: Path) -> str:
        value = self.environ.get(name)
        # an empty variable is what a CI system makes of a secret that it does not have
        if not value:
            if default is None:
                self.unset.append((path, name))
            return written if default is None else default
        if is_secret_name(name):
            self.secrets |= dsn_secrets(value)
        return value
