"""What changed, as HTML: since the run before, and against what was measured before the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.display import format_number
from pytest_deploycheck.judgement.units import exact
from pytest_deploycheck.reporting.base import cut, quantity_text
from pytest_deploycheck.reporting.html.base import anchor, breakable, chip, escaped, items

if TYPE_CHECKING:
    from pytest_deploycheck.reporting.changes import Change, Changes, Move

MOST_CHANGES: Final = 12
MOST_MOVES: Final = 12
LONGEST_REASON: Final = 160
_HUNDREDFOLD: Final = 100


def changes_html(changes: Changes | None) -> str:
    """Return the content of the panel; empty when nobody looked back."""
    if changes is None:
        return ""
    return _since(changes) + _moved(changes)


def _since(changes: Changes) -> str:
    if not changes.against:
        return '<p class="dc-muted">There is no earlier run to compare with.</p>'
    groups = (
        ("Newly failing or worse", changes.worse),
        ("Recovered", changes.recovered),
        ("Better, not yet good", changes.better),
        ("New", changes.new),
        ("Gone", changes.gone),
    )
    lists = "".join(_group(title, found) for title, found in groups)
    same = "" if lists else "<p>No check changed its status.</p>"
    still = f'<p class="dc-muted">{changes.still:,} as bad as before.</p>' if changes.still else ""
    return f"<h3>Since {escaped(changes.against)}</h3>{same}{lists}{still}"


def _group(title: str, found: tuple[Change, ...]) -> str:
    if not found:
        return ""
    more = [f"and {len(found) - MOST_CHANGES:,} more"] if len(found) > MOST_CHANGES else []
    inner = items("ul", "dc-changes", [*map(_change, found[:MOST_CHANGES]), *more])
    return f"<h4>{title} <span class=dc-muted>{len(found):,}</span></h4>{inner}"


def _change(change: Change) -> str:
    words = [chip(status) for status in (change.before, change.now) if status is not None]
    name = f'<a href="#{anchor(change.id)}">{breakable(change.id)}</a>' if change.now else breakable(change.id)
    good = change.now is None or change.now.rank == 0
    why = (
        ""
        if good or not change.reason
        else f'<span class="dc-muted"> {escaped(cut(change.reason, LONGEST_REASON))}</span>'
    )
    return f"{' &rarr; '.join(words)} {name}{why}"


def _moved(changes: Changes) -> str:
    if not changes.has_baseline:
        return (
            "<h3>Against the baseline</h3>"
            '<p class="dc-muted">No baseline was captured; '
            '<code class="dc-inline">pytest --deploy-phase=pre-deploy</code>'
            " before the next deployment captures one.</p>"
        )
    if not changes.moves:
        return "<h3>Against the baseline</h3><p>No number moved by 10 % or more.</p>"
    rows = "".join(map(_move, changes.moves[:MOST_MOVES]))
    left = len(changes.moves) - MOST_MOVES
    more = f'<p class="dc-muted">and {left:,} more</p>' if left > 0 else ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Metric", "Before", "Now", "Change"))
    return (
        "<h3>Against the baseline</h3>"
        f'<table class="dc-moves"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}'
    )


def _move(move: Move) -> str:
    before, now = (escaped(quantity_text(value, move.unit)) for value in (move.before, move.now))
    mark = "" if move.status.rank == 0 else f" {chip(move.status)}"
    return (
        f'<tr><th scope="row"><a href="#{anchor(move.check)}">{breakable(move.metric)}</a>{mark}</th>'
        f"<td>{before}</td><td>{now}</td><td>{_share(move.share)}</td></tr>"
    )


def _share(share: float | None) -> str:
    """Return a change in words that stay short: ``+34 %``, ``12 times``, ``from 0``."""
    if share is None:
        return "from 0"
    if share >= _HUNDREDFOLD:
        return f"{format_number(exact(round(share + 1)))} times"
    return f"{share * 100:+,.0f} %".replace("-", "&minus;")
