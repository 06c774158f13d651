"""Which checks a run has: the shipped ones and the user's, one item for each declared entry, only what is due.

What is left out is counted with its reason and shown in the plan and in every report: nothing is skipped silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.phases import Selection, selection
from pytest_deploycheck.plugin.markers import require_shapes, timeout_mark
from pytest_deploycheck.plugin.names import SHIPPED_PREFIX, file_nodeid, shipped_checks
from pytest_deploycheck.plugin.ordering import in_order
from pytest_deploycheck.plugin.shipped import ShippedModule
from pytest_deploycheck.plugin.spec import SPEC, CheckSpec, argument_of, entry_of, section_of, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_deploycheck.plugin.discretion import DiscretionPlugin
    from pytest_deploycheck.plugin.state import DeployRun
    from pytest_deploycheck.settings.items import Item as Entry
    from pytest_deploycheck.settings.schema import Settings

SECTIONS: Final = {
    "endpoint": "endpoints",
    "flow": "flows",
    "metric": "metrics",
    "integrity": "integrity",
    "health": "health",
    "key_query": "key_queries",
    "tenant_isolation": "tenant_isolation",
    "backup": "backups",
    "dependency": "dependencies",
    "alert_rule": "alert_rules",
    "log": "logs",
    "container": "containers",
    "workload": "workloads",
    "job": "jobs",
    "page": "pages",
    "realtime": "realtime",
    "attest": "attests",
}
MEASURED_BY_CHECKS: Final = "check"
NO_ENTRY: Final = "nothing declared"
MOST_PROBLEMS: Final = 20
SILENT_FILTERS: Final = (("--lf", "lf"), ("--ignore", "ignore"), ("--ignore-glob", "ignore_glob"))


def choose_arguments(config: pytest.Config, run: DeployRun) -> None:
    """Let a run without paths collect the shipped checks and the user's ``deploy_checks``."""
    filters = [flag for flag, name in SILENT_FILTERS if config.getoption(name, None)]
    if filters:
        run.partial = ", ".join(filters)
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        run.partial = "the given paths"
        return
    paths = [shipped_checks(), *run.settings.check_paths]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise pytest.UsageError(
            f"{run.settings.path.name}: deploy_checks: {missing[0].name} does not exist. Correct the path or create it."
        )
    config.args[:] = [str(path) for path in paths]


class CollectionPlugin:
    """Takes part in pytest's collection."""

    def __init__(self, run: DeployRun, discretion: DiscretionPlugin) -> None:
        """Collect for ``run``; ``discretion`` cleans the names of what was collected."""
        self.run = run
        self._discretion = discretion
        self._dropped: frozenset[pytest.Item] = frozenset()
        self._timeout: pytest.MarkDecorator | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Keep the shipped checks although they may lie in a virtual environment."""
        checks = shipped_checks()
        inside = collection_path == checks or checks in collection_path.parents or collection_path in checks.parents
        return False if inside else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Name files of checks by where they belong, not by where pytest was started: their ids are kept in records."""
        nodeid = file_nodeid(module_path, self.run.settings.root)
        if nodeid is None:
            return None
        kind = ShippedModule if nodeid.startswith(SHIPPED_PREFIX) else pytest.Module
        module: pytest.Module = kind.from_parent(parent, path=module_path, nodeid=nodeid)
        return module

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one item for each declared entry of the section that ``each`` names."""
        marker = next(metafunc.definition.iter_markers("each"), None)
        section = marker.args[0] if marker is not None and marker.args else None
        if marker is None or section not in SECTIONS or argument_of(section) not in metafunc.fixturenames:
            return  # a marker that is wrong is told once all are collected
        having = marker.kwargs.get("having")
        entries = [e for e in entries_of(self.run.settings, section) if not having or getattr(e, having, None)]
        metafunc.parametrize(argument_of(section), [pytest.param(entry, id=entry.id) for entry in entries])

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what is due and possible; name the reason for everything else.

        Raises:
            pytest.UsageError: a check is marked wrongly, or asks a database that is not declared.
        """
        try:
            self._select(config, items)
        except pytest.UsageError as error:
            items.clear()
            self.run.usage_error = self.run.redactor.text(str(error))  # a worker's own would not reach the user
            raise pytest.UsageError(self.run.usage_error) from None

    def _select(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self._discretion.rename(items)
        _require_good_markers(items)
        self._timeout = timeout_mark(config, self.run.settings.run.check_timeout)
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            reason = self._reason_against(item)
            if reason is None:
                kept.append(item)
            else:
                dropped.append(item)
                if reason != NO_ENTRY:
                    self.run.leave_out(reason)
        items[:] = in_order(kept)
        if dropped:
            self._dropped = frozenset(dropped)
            config.hook.pytest_deselected(items=dropped)
        self._require_database(items)

    def _reason_against(self, item: pytest.Item) -> str | None:
        if section_of(item) is not None and entry_of(item) is None:
            return NO_ENTRY
        undeclared = next((key for key in _needs(item) if not declared(self.run.settings, key)), None)
        if undeclared is not None:
            return f"not declared in the settings: {undeclared}"
        spec = item.stash[SPEC]
        reason = self._not_due(spec) or self._not_allowed(spec)
        if reason is None:
            self._add_timeout(item)
        return reason

    def _add_timeout(self, item: pytest.Item) -> None:
        if self._timeout is None or item.get_closest_marker("timeout") is not None:
            return
        spec = item.stash[SPEC]
        own = spec.entry.patience(spec.aspect) if spec.entry is not None else None
        item.add_marker(self._timeout if own is None else pytest.mark.timeout(own))

    def _not_due(self, spec: CheckSpec) -> str | None:
        if spec.entry is not None and not spec.entry.enabled:
            return "switched off (enabled = false)"
        why = selection(self.run.phase, spec.phases, self.run.settings.phases)
        if why is Selection.NOT_DUE:
            self.run.not_due.add(spec.id)
            return f"not due in {self.run.phase.name}"
        if why is Selection.SHORTER and spec.id in self.run.past.done:
            return "done in an earlier run of this deployment"
        return None

    def _not_allowed(self, spec: CheckSpec) -> str | None:
        writes = getattr(spec.entry, "writes", False) and spec.aspect == spec.entry.writing
        if writes and not self.run.options.allow_writes:
            return "writes, and --deploy-allow-writes was not given"
        return None

    def _require_database(self, items: Iterable[pytest.Item]) -> None:
        if self.run.settings.database is not None:
            return
        users = [i.nodeid for i in items if "db" in getattr(i, "fixturenames", ()) or _asks_sql(i)]
        if users:
            raise pytest.UsageError(
                f"{self.run.settings.path.name}: database.dsn: {len(users)} check(s) ask the database "
                f"(first: {users[0]}), and none is declared. "
                'Add [database] with dsn = "${DATABASE_URL}" and set DATABASE_URL.'
            )

    @pytest.hookimpl(trylast=True)
    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Notice that somebody else (``-k``, ``-m``, ``--deselect``) took checks out of the plan."""
        others = [item for item in items if item not in self._dropped]
        if others:
            self.run.partial = "-k, -m or --deselect"
            for _item in others:
                self.run.leave_out("deselected on the command line")


def entries_of(settings: Settings, section: str) -> tuple[Entry, ...]:
    """Return the declared entries of a section; metrics that checks measure themselves need no item of their own."""
    entries: tuple[Entry, ...] = getattr(settings, SECTIONS[section])
    return tuple(entry for entry in entries if getattr(entry, "source", None) != MEASURED_BY_CHECKS)


def declared(settings: Settings, key: str) -> bool:
    """Tell whether the settings hold something, and not false, under a dotted key (``service.version``)."""
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part, None)
    return value is not False and value not in (None, (), {})


def _require_good_markers(items: Iterable[pytest.Item]) -> None:
    """Raise one usage error that tells every check whose markers are wrong."""
    wrong: dict[str, None] = {}
    for item in items:
        try:
            require_shapes(item)
            _require_section(item)
            item.stash[SPEC] = spec_of(item)
        except pytest.UsageError as error:
            wrong[str(error)] = None
    if wrong:
        more = [f"and {len(wrong) - MOST_PROBLEMS} more"] if len(wrong) > MOST_PROBLEMS else []
        raise pytest.UsageError("\n".join([*list(wrong)[:MOST_PROBLEMS], *more]))


def _require_section(item: pytest.Item) -> None:
    section = section_of(item)
    if section is not None and section not in SECTIONS:
        raise pytest.UsageError(f"{item.nodeid}: each({section!r}) names no section; choose from {', '.join(SECTIONS)}")
    if section is not None and argument_of(section) not in getattr(item, "fixturenames", ()):
        raise pytest.UsageError(f"{item.nodeid}: a check of each({section!r}) takes {argument_of(section)} as argument")


def _needs(item: pytest.Item) -> list[str]:
    return [key for marker in item.iter_markers("needs") for key in marker.args]


def _asks_sql(item: pytest.Item) -> bool:
    spec = item.stash.get(SPEC, None)
    entry = spec.entry if spec is not None else None
    return getattr(entry, "source", None) == "sql" or getattr(entry, "kind", "") in {
        "integrity",
        "tenant_isolation",
        "health",
        "key_query",
    }
