"""The house plan holds: a file imports only lower ranks, and each outside library has its few importers."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "pytest_deploycheck"
NAME = PACKAGE.name

# rooms from the ground up; a room is a module or a package, and inside a package files may meet
RANKS = (
    ("errors", "status", "version", "phases", "templates", "metricquery", "redact"),
    ("model", "asks", "embedded", "lanes", "aggregates"),
    ("judgement", "wire", "deployments", "verdict", "timeseries"),
    ("expected", "history", "sources"),
    (
        "expectations",
        "observing",
        "baselines",
        "standings",
        "counted",
        "attestations",
        "reporting",
        "notify",
        "analysis",
    ),
    ("flows", "hookspecs", "runs", "board"),
    ("settings",),
    ("alerting", "asking", "places", "measuring", "pgpack", "recordings", "replay", "rollback", "emitting"),
    ("watch", "records"),
    ("plugin",),
    ("commands", "demo"),
    ("cli",),
)
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}

SOLE_IMPORTERS = {
    "rich": ("board.screen", "board.painting", "commands.status"),
    "playwright": ("sources.pages_child",),
    "websockets": ("sources.http_listening",),
    "httpx": ("sources.http",),
    "httpcore": ("sources.http",),
    "psycopg": ("sources.postgres", "demo."),
    "sqlalchemy": ("history.",),
    "psutil": ("sources.host", "demo."),
    "pydantic": ("wire", "settings."),
    "pydantic_core": ("wire", "settings."),
    "dns": ("sources.dns",),
    "pytest": ("plugin", "hookspecs"),
    "xdist": ("plugin.scheduling",),
    "starlette": ("demo.",),
    "uvicorn": ("demo.",),
    "jmespath": ("expectations", "measuring", "settings."),
}
# what the sources share; everything else in there belongs to one source, the one whose name it begins with
SHARED_SOURCES = {"api", "base", "net", "process", "registry"}


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its name inside it (the package's own ``__init__`` is left out)."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name and not name.startswith("checks"):
            found[name] = path
    return found


@cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """Return what a file imports, anywhere in it, and whether for type hints only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix(f"{NAME}.") in modules() else node.module for name in inside]
        found += [(name, id(node) in typing_only) for name in names]
    return found


def inner(path: Path) -> set[str]:
    """Return the modules of the package that a file imports."""
    own = {name.removeprefix(f"{NAME}.") for name, _ in imports(path) if name.startswith(f"{NAME}.")}
    return own & set(modules())


def test_every_module_has_a_rank() -> None:
    """A new module has to find its place in the plan."""
    assert [] == sorted(name for name in modules() if name.partition(".")[0] not in RANK)


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_lower_ranks_only(name: str) -> None:
    """A module imports its own room and rooms of a lower rank."""
    room = name.partition(".")[0]
    others = {found for found in inner(modules()[name]) if found.partition(".")[0] != room}
    assert [] == sorted(found for found in others if RANK[found.partition(".")[0]] >= RANK[room])


def test_no_circle() -> None:
    """No module imports itself by a detour, inside a room or across."""
    graph = {name: inner(path) - {name} for name, path in modules().items()}
    while ready := [name for name, needs in graph.items() if not needs & set(graph)]:
        for name in ready:
            del graph[name]
    assert {} == graph


def test_sources_do_not_know_each_other() -> None:
    """A source imports what belongs to it and what all share; the registry alone knows them all."""
    wrong = []
    for name, path in modules().items():
        room, _, file = name.partition(".")
        if room != "sources" or file in SHARED_SOURCES or not file:
            continue
        kind = file.partition("_")[0]
        met = {found.partition(".")[2] for found in inner(path) if found.startswith("sources.")}
        wrong += [(name, other) for other in met - SHARED_SOURCES if other.partition("_")[0] != kind]
    assert [] == wrong


@pytest.mark.parametrize("library", sorted(SOLE_IMPORTERS))
def test_sole_importers(library: str) -> None:
    """An outside library is imported where the plan says, for types anywhere."""
    allowed = SOLE_IMPORTERS[library]
    importers = {
        name
        for name, path in modules().items()
        for found, typing_only in imports(path)
        if found.partition(".")[0] == library and not typing_only
    }
    assert [] == sorted(name for name in importers if not name.startswith(allowed))
    assert importers, f"nobody imports {library}: take it off the list"


def test_nothing_heavy_at_the_door() -> None:
    """The plugin's door imports nothing but pytest and its own options at the top."""
    tree = ast.parse(modules()["plugin"].read_text(encoding="utf-8"))
    top = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert ["__future__", "pytest_deploycheck.plugin.options"] == top
