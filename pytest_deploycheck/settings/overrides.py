"""Settings from outside the file: ``DEPLOYCHECK_SECTION__KEY`` variables, the command line, the chosen environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import SettingsProblem
from pytest_deploycheck.settings.problems import table_of
from pytest_deploycheck.settings.schema import Settings
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.settings.values import FromEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_deploycheck.settings.expectations import Table
    from pytest_deploycheck.settings.raw import Path

PREFIX: Final = "DEPLOYCHECK_"
SECTIONS: Final = (
    "service",
    "database",
    "sentry",
    "verdict",
    "deployment",
    "reports",
    "run",
    "history",
    "retention",
    "records",
    "analysis",
)
_FROM_ENVIRONMENT: Final = {"base_url": "service", "bearer": "service", "dsn": "database"}


def scalar_keys() -> dict[tuple[str, ...], str]:
    """Return every single value of the plain sections: its path to the variable that overrides it."""
    found = (path for name in SECTIONS for path in _scalars(_model(Settings, name), (name,)))
    return {path: PREFIX + "__".join(path).upper() for path in found}


def _scalars(model: type[Table], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        key = (*path, field.alias or name)
        inner = table_of(field.annotation)
        if inner is not None:
            yield from _scalars(inner, key)
        elif not any(kind in str(field.annotation) for kind in ("dict[", "tuple[", "Ladder")):
            yield key


def _model(model: type[Table], name: str) -> type[Table]:
    found = table_of(model.model_fields[name].annotation)
    assert found is not None
    return found


class Overrides:
    """Applies values over the raw settings and remembers where each one came from."""

    def __init__(self, raw: dict[str, Any]) -> None:
        """Start with what the file says; the tables are changed in place."""
        self.raw = raw
        self.origins: dict[Path, tuple[str, str]] = {}
        self.moved: dict[Path, Path] = {}
        self.replaced: set[Path] = set()
        self.problems: list[SettingsProblem] = []

    def environment(self, index: int, chosen: Mapping[str, Any]) -> None:
        """Put the values of the chosen ``[[environment]]`` in the place of the service's and the database's."""
        for key, section in _FROM_ENVIRONMENT.items():
            if key in chosen and self._put((section, key), chosen[key]):
                self.moved[section, key] = ("environment", index, key)
        own, more = self._section("service").get("headers"), chosen.get("headers")
        if isinstance(more, dict) and isinstance(own, dict | None):
            self._put(("service", "headers"), {**(own or {}), **more})
            self.replaced.discard(("service", "headers"))
        self._put(("service", "environment"), chosen.get("name"))

    def variables(self, environ: Mapping[str, str]) -> None:
        """Apply ``DEPLOYCHECK_SECTION__KEY`` variables; an empty one is not set."""
        by_name = {name: path for path, name in scalar_keys().items()}
        for name in sorted(environ):
            if not name.startswith(PREFIX) or "__" not in name or not environ[name]:
                continue
            if name not in by_name:
                self.problems.append(
                    SettingsProblem("environment", name, "no such setting", hint=suggestion(name, by_name))
                )
            elif self._put(by_name[name], FromEnvironment(environ[name])):
                self.origins[by_name[name]] = ("environment", name)

    def options(self, options: Mapping[str, Any]) -> None:
        """Apply dotted keys from the command line; None is not set."""
        known = {".".join(path): path for path in scalar_keys()}
        for key, value in options.items():
            if value is None:
                continue
            if key not in known:
                self.problems.append(
                    SettingsProblem("command line", key, "no such setting", hint=suggestion(key, known))
                )
            elif self._put(known[key], FromEnvironment(value) if isinstance(value, str) else value):
                self.origins[known[key]] = ("command line", key)

    def _put(self, path: tuple[str, ...], value: Any) -> bool:
        """Put a value at a path, making tables on the way; False when something else than a table is in the way."""
        node = self.raw
        for part in path[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                return False
        node[path[-1]] = value
        self.moved.pop(path, None)
        self.replaced.add(path)
        return True

    def _section(self, name: str) -> Mapping[str, Any]:
        found = self.raw.get(name)
        return found if isinstance(found, dict) else {}
