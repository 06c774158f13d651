"""Where the shipped checks live, and how checks are called: ids are readable, stable and the keys of every record."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_TEST_PREFIX: Final = re.compile(r"^test_?")


@lru_cache(maxsize=1)
def shipped_checks() -> Path:
    """Return the folder of the shipped checks: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "checks"
    return installed if installed.is_dir() else package.parent / "checks"


@lru_cache(maxsize=4096)
def _is_shipped(path: Path) -> bool:
    return path.resolve().parent == shipped_checks()


def check_id(nodeid: str, rootpath: Path) -> str:
    """Return the id of a check: ``endpoints.answers[health]`` for a shipped one, else its node id.

    The same wherever the package is installed, and computed from the node id alone, because the controller of
    pytest-xdist knows nothing else of a check that never reported.
    """
    path, _, rest = nodeid.partition("::")
    if not rest or not _is_shipped(rootpath / path):
        return nodeid
    module = _TEST_PREFIX.sub("", Path(path).stem)
    function = "::".join(_TEST_PREFIX.sub("", part) for part in rest.split("::"))
    return f"{module}.{function}"
