"""The way from a file to :class:`Settings`: find, read, override, fill in, validate, and tell all problems at once."""

from __future__ import annotations

from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from pytest_deploycheck.errors import SettingsError, SettingsProblem
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.settings import files
from pytest_deploycheck.settings.interpolate import Interpolation
from pytest_deploycheck.settings.overrides import Overrides
from pytest_deploycheck.settings.problems import findings_of
from pytest_deploycheck.settings.raw import Finding, in_order, items, key_of, table
from pytest_deploycheck.settings.rules import SECTIONS, broken_rules
from pytest_deploycheck.settings.schema import Origin, Settings
from pytest_deploycheck.settings.secrets import MASK, is_secret_key, is_secret_name, secrets_in
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.values import SWITCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_deploycheck.settings.raw import Path as Key


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_LONGEST_VALUE: Final = 80


def load_settings(
    path: Path | None,
    *,
    cwd: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] = _NOTHING,
    environment: str | None = None,
    detected: Callable[[], tuple[str, str] | None] | None = None,
) -> Settings:
    """Return the settings of a file, or of the nearest one at or above ``cwd`` when no path is given.

    The later wins: the file, the chosen ``[[environment]]``, ``DEPLOYCHECK_SECTION__KEY`` variables, ``overrides``
    (dotted keys from the command line; None is not set). Without ``environment`` the one counts that ``detected``
    returns together with where it came from, unless ``[deployment] detect`` is false.

    Raises:
        SettingsError: with every problem at once.
    """
    found = files.find(cwd) if path is None else cwd / path
    name = printable(files.shown(found, cwd) if path is None else str(path))
    raw = files.read(found, name)
    try:
        return _Loading(found, name, raw, environ).settings(overrides, environment, detected)
    except RecursionError:
        raise SettingsError.of(name, "", "is nested too deeply") from None


class _Loading:
    """One file on its way to settings."""

    def __init__(self, path: Path, name: str, raw: dict[str, Any], environ: Mapping[str, str]) -> None:
        self.path = path
        self.name = name
        self.prefix = "tool.deploycheck." if path.name == files.PROJECT else ""
        self.environ = environ
        self.filled = Interpolation(environ)
        self.overrides = Overrides(self.filled.fill(raw))
        self.findings: list[Finding] = []

    def settings(
        self,
        options: Mapping[str, Any],
        environment: str | None,
        detected: Callable[[], tuple[str, str] | None] | None = None,
    ) -> Settings:
        """Go the whole way, and tell all problems at its end."""
        raw = self.overrides.raw
        self._choose(environment, detected)
        self.overrides.variables(self.environ)
        self.overrides.options(options)
        off = self._left_out(raw)
        settings = self._validated(raw)
        found = chain(self.findings, broken_rules(raw), self._missing_paths(raw))
        self.findings = [*self._unset(off), *(finding for finding in found if finding.path[:2] not in off)]
        secrets = frozenset({*self.filled.secrets, *secrets_in(raw)} - {""})
        if self.findings or self.overrides.problems:
            raise SettingsError(tuple(self._problems(raw, secrets)))
        if off or settings is None:
            settings = Settings.model_validate(_without(raw, off))
        return settings.came_from(Origin(self.path.absolute(), secrets))

    def _validated(self, raw: dict[str, Any]) -> Settings | None:
        try:
            return Settings.model_validate(raw)
        except ValidationError as error:
            self.findings += findings_of(error, raw)
        return None

    def _unset(self, off: set[Key]) -> Iterator[Finding]:
        """Yield a finding for each variable that is needed, and forget the others."""
        self.filled.unset = [
            (path, name)
            for path, name in self.filled.unset
            if path[:2] not in off and path not in self.overrides.replaced
        ]
        for path, name in self.filled.unset:
            state = "is set, but empty" if name in self.filled.environ else "is not set"
            yield Finding(path, f"needs {name}, which {state}", f"Set the variable {name}.")

    def _choose(self, environment: str | None, detected: Callable[[], tuple[str, str] | None] | None) -> None:
        """Apply the chosen environment; one that is only the service's own name needs no table."""
        raw = self.overrides.raw
        own = table(raw, "service").get("environment", "production")
        known = {each["name"]: path for path, each in items(raw, "environment") if isinstance(each.get("name"), str)}
        wanted, origin = own if environment is None else environment, "--deploy-environment"
        if environment is None and detected is not None and detects(raw, self.environ):
            wanted, origin = self._detected(detected, own, (str(own), *known))
        if isinstance(wanted, str) and wanted in known:
            index = known[wanted][1]
            assert isinstance(index, int)
            self.overrides.environment(index, raw["environment"][index])
        elif wanted != own:
            hint = suggestion(str(wanted), dict.fromkeys([str(own), *known]))
            place = "command line" if origin.startswith("--") else "environment"
            shown = printable(repr(wanted)[:_LONGEST_VALUE])
            problem = SettingsProblem(place, origin, "unknown environment", shown, hint)
            self.overrides.problems.append(problem)

    def _detected(
        self, detected: Callable[[], tuple[str, str] | None], own: Any, known: Iterable[str]
    ) -> tuple[Any, str]:
        """Return the environment that a platform names, in the spelling of the settings, and where it says so."""
        try:
            found = detected()
        except SettingsError as error:
            self.overrides.problems.extend(error.problems)
            found = None
        if found is None:
            return own, ""
        name, origin = found
        return next((each for each in known if each.casefold() == name.casefold()), name), origin

    def _left_out(self, raw: Mapping[str, Any]) -> set[Key]:
        """Return what lacks a variable and does not matter: switched-off items, environments that are not chosen."""
        chosen = table(raw, "service").get("environment")
        off = {path for section in SECTIONS for path, item in items(raw, section) if item.get("enabled") is False}
        off |= {path for path, item in items(raw, "environment") if item.get("name") != chosen}
        channels = items(raw, "channel")
        off |= {path for path, item in channels if item.get("optional") is True or item.get("enabled") is False}
        return {path[:2] for path, _ in self.filled.unset} & off

    def _missing_paths(self, raw: Mapping[str, Any]) -> Iterable[Finding]:
        paths = raw.get("deploy_checks")
        for index, each in enumerate(paths if isinstance(paths, list) else ()):
            if isinstance(each, str) and each and "\0" not in each and not (self.path.parent / each).exists():
                yield Finding(
                    ("deploy_checks", index),
                    "there is no such file or folder",
                    "It is relative to the settings file.",
                    each,
                )

    def _problems(self, raw: Any, secrets: frozenset[str]) -> Iterable[SettingsProblem]:
        redactor = Redactor(secrets)
        unset = {path for path, _ in self.filled.unset}
        seen: set[tuple[str, str]] = set()
        yield from self.overrides.problems
        for finding in in_order(self.findings, raw):
            path = self.overrides.moved.get(finding.path, finding.path)
            hidden = {finding.path, path} & unset and not finding.message.endswith(
                ("which is not set", "which is set, but empty")
            )
            location, key = self.overrides.origins.get(finding.path, (self.name, self.prefix + key_of(raw, path)))
            if hidden or (key, finding.message) in seen:
                continue
            seen.add((key, finding.message))
            yield SettingsProblem(
                location,
                printable(redactor.text(key)),
                printable(redactor.text(finding.message).rstrip(".")),
                _value(finding, redactor),
                printable(redactor.text(finding.hint)) if finding.hint else None,
            )


def detects(raw: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Tell whether the settings let a run read what the platform says about the deployment."""
    word = environ.get("DEPLOYCHECK_DEPLOYMENT__DETECT")
    said = table(raw, "deployment").get("detect", True) if not word else SWITCHES.get(word.strip().lower(), True)
    return said is not False


def _without(raw: Mapping[str, Any], off: set[Key]) -> dict[str, Any]:
    sections = {path[0] for path in off}
    return {
        name: [each for index, each in enumerate(value) if (name, index) not in off] if name in sections else value
        for name, value in raw.items()
    }


def _value(finding: Finding, redactor: Redactor) -> str | None:
    value = finding.value
    if value is None or isinstance(value, (dict, list, tuple)):
        return None
    if is_secret_key(finding.path) or (isinstance(finding.path[-1], str) and is_secret_name(finding.path[-1])):
        return MASK
    text = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    text = printable(redactor.text(text))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
