"""``docs/coverage.md``: for each row of the guides what fulfils it, made from the ties; the last stage.

::

    python -m tests.examples.coverage > docs/coverage.md
    python -m tests.examples.coverage --open    # writes examples/open-rows.toml anew: reasons stay
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from tests.examples.ledger import EXAMPLES, guides, open_rows
from tests.examples.ties import ATTESTATION, NOT_APPLICABLE, WORKS, collect

if TYPE_CHECKING:
    from tests.examples.ledger import Guide, Row
    from tests.examples.ties import Tie

OPEN: Final = "OPEN"
HEAD: Final = """# Coverage of the guides

Five teams used to watch their deployments by a guide on paper. Each row is one thing that such a guide asks for, with
what fulfils it here. Generated from `examples/`: `python -m tests.examples.coverage > docs/coverage.md`.

- **works**: the named check, command, setting, report, test, schedule or page does it. `check: section.id` is an
  entry of the example's `deploycheck.toml`.
- **attestation**: a person has to judge, and `deploycheck attest` records the answer.
- **not applicable**: with the reason.
- **OPEN**: nothing proves it yet, with the reason.
"""
OPEN_HEAD: Final = """\
# The rows of the guides that nothing proves yet, each with its reason; a row that has a proof must not stand here.
# python -m tests.examples.coverage --open writes it anew: rows with a proof go, reasons stay.
"""


def markdown() -> str:
    """Return the whole page."""
    proofs, reasons = _proofs(), open_rows()
    return "\n".join([HEAD, *(_section(guide, proofs, reasons) for guide in guides())])


def unproved() -> list[str]:
    """Return the rows without a proof."""
    proofs = _proofs()
    return [row.id for guide in guides() for row in guide.rows if row.id not in proofs]


def open_file() -> str:
    """Return ``examples/open-rows.toml`` as it has to be: the rows without a proof, with the known reasons."""
    missing, reasons = set(unproved()), open_rows()
    parts = [OPEN_HEAD]
    for guide in guides():
        rows = [row.id for row in guide.rows if row.id in missing]
        lines = [f"{row} = {json.dumps(reasons.get(row, ''), ensure_ascii=False)}" for row in rows]
        parts.append("\n".join([f"[{guide.prefix}]", *lines]) + "\n")
    return "\n".join(parts)


def _proofs() -> dict[str, list[Tie]]:
    proofs: dict[str, list[Tie]] = {}
    for tie in collect().ties:
        proofs.setdefault(tie.row, []).append(tie)
    return proofs


def _section(guide: Guide, proofs: dict[str, list[Tie]], reasons: dict[str, str]) -> str:
    states = [_state(proofs.get(row.id, [])) for row in guide.rows]
    counts = ", ".join(f"{states.count(state)} {state}" for state in (WORKS, ATTESTATION, _NA, OPEN))
    example = f"Example: [examples/{guide.name}](../examples/{guide.name}). " if guide.folder.is_dir() else ""
    head = [f"## {guide.title}\n", f"{example}{len(guide.rows)} rows: {counts}.\n"]
    table = ["| row | what | status | by |", "|---|---|---|---|"]
    table += [_line(row, proofs.get(row.id, []), reasons.get(row.id, "")) for row in guide.rows]
    return "\n".join([*head, *table]) + "\n"


_NA: Final = "not applicable"
_RANK: Final = {WORKS: WORKS, ATTESTATION: ATTESTATION, NOT_APPLICABLE: _NA}


def _state(ties: list[Tie]) -> str:
    """Return the status of a row: what a machine does outweighs what a person attests."""
    states = {tie.status for tie in ties}
    return next((word for status, word in _RANK.items() if status in states), OPEN)


def _line(row: Row, ties: list[Tie], reason: str) -> str:
    state = _state(ties)
    whys = dict.fromkeys(tie.why for tie in ties if tie.why)
    proofs = [f"`{each}`" for each in dict.fromkeys(tie.by for tie in ties if tie.by)]
    told = "; ".join([*proofs, *whys, *([reason] if state == OPEN else [])])
    shown = f"**{state}**" if state == OPEN else state
    return f"| {row.id} | {_cell(row.text)} | {shown} | {_cell(told)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    if sys.argv[1:] == ["--open"]:
        (EXAMPLES / "open-rows.toml").write_text(open_file(), encoding="utf-8")
    else:
        print(markdown(), end="")  # noqa: T201  # this is the page
