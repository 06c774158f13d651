"""Where the shipped checks live, and how checks are called: ids are readable, stable and the keys of every record."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

# the shipped checks' node ids begin with this wherever the package lies, so that they are the same on every machine
# and never those of a user's file with the same name
SHIPPED_PREFIX: Final = "pytest_deploycheck/checks/"
_TEST_PREFIX: Final = re.compile(r"^test_?")


@lru_cache(maxsize=1)
def shipped_checks() -> Path:
    """Return the folder of the shipped checks: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "checks"
    return installed if installed.is_dir() else package.parent / "checks"


def file_nodeid(path: Path, root: Path) -> str | None:
    """Return the node id of a file of checks: a shipped one's own, else its path from the settings' folder ``root``.

    None for a file elsewhere: pytest names it.
    """
    if path.parent == shipped_checks():
        return SHIPPED_PREFIX + path.name
    return path.relative_to(root).as_posix() if root in path.parents else None


def check_id(nodeid: str) -> str:
    """Return the id of a check: ``endpoints.answers[health]`` for a shipped one, else its node id.

    Computed from the node id alone, because the controller of pytest-xdist knows nothing else of a check that never
    reported.
    """
    path, _, rest = nodeid.partition("::")
    if not rest or not path.startswith(SHIPPED_PREFIX):
        return nodeid
    module = _TEST_PREFIX.sub("", PurePosixPath(path).stem)
    function = "::".join(_TEST_PREFIX.sub("", part) for part in rest.split("::"))
    return f"{module}.{function}"
