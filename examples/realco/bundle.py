"""What the frontend's bundle is made of, as JSON for ``[[metric]] source = "command"``.

Reads what ``npx vite-bundle-visualizer --template raw-data --output stats.json`` wrote after a production build
(``REALCO_BUNDLE`` says where): all of it in bytes, the ten largest packages, packages bundled more than once, and the
share of the largest chunk, which is where splitting would pay.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = re.compile(r"^(.*node_modules/((?:@[^/]+/)?[^/]+))/")
LARGEST: Final = 10


def main() -> int:
    """Print the numbers."""
    stats = json.loads(Path(os.environ["REALCO_BUNDLE"]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(numbers(stats)) + "\n")
    return 0


def numbers(stats: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of one bundle, sizes in bytes as they are delivered before compression."""
    packages: Counter[str] = Counter()
    chunks: Counter[str] = Counter()
    places: dict[str, set[str]] = {}
    for module in stats["nodeMetas"].values():
        for chunk, part in module["moduleParts"].items():
            size = int(stats["nodeParts"][part]["renderedLength"])
            chunks[chunk] += size
            if found := PACKAGE.match(module["id"]):
                packages[found[2]] += size
                places.setdefault(found[2], set()).add(found[1])
    total = sum(chunks.values())
    return {
        "total": total,
        "largest": dict(packages.most_common(LARGEST)),
        "duplicates": sum(len(found) > 1 for found in places.values()),
        "duplicated": sorted(name for name, found in places.items() if len(found) > 1),
        "largest_chunk_percent": 100 * max(chunks.values()) / total if total else None,
    }


if __name__ == "__main__":
    sys.exit(main())
