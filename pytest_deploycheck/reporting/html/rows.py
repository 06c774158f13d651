"""What goes into pytest-html's own table of tests: three more columns, and the escaping that it leaves out."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.redact import printable
from pytest_deploycheck.reporting.base import cut, reason_of
from pytest_deploycheck.reporting.html.base import escaped
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from pytest_deploycheck.model import CheckResult

LONGEST_REASON: Final = 200

_TEST_ID_START: Final = '<td class="col-testId">'
_TEST_ID_END: Final = "</td>"


def header_cells() -> list[str]:
    """Return the headings of the columns that :func:`row_cells` fills, to be appended in this order."""
    return [
        '<th class="sortable" data-column-type="dcstatus">Status</th>',
        '<th class="sortable" data-column-type="dcseverity">Severity</th>',
        "<th>Reason</th>",
    ]


def row_cells(result: CheckResult | None) -> list[str]:
    """Return the cells of a test's row; empty ones for a test that is no check.

    Attributes need no quotes here, since they hold words of our own; pytest-html would turn each quote into six
    characters, and keep the cell twice. What a passed check kept to stands in the table of measurements only.
    """
    if result is None:
        return [f"<td class=col-{name}></td>" for name in ("dcstatus", "dcseverity", "dcreason")]
    reason = "" if result.status is Status.PASS else reason_of(result)
    marks = f"data-status={result.status} data-severity={result.severity} data-impact={result.impact}"
    return [
        f"<td class=col-dcstatus {marks}>{result.status}</td>",
        f"<td class=col-dcseverity>{result.severity}</td>",
        f"<td class=col-dcreason>{escaped(cut(reason, LONGEST_REASON))}</td>",
    ]


def escape_cells(nodeid: str, cells: list[str]) -> None:
    """Escape, in place, the test id that pytest-html puts into its cell as it is."""
    for index, cell in enumerate(cells):
        inner = cell.removeprefix(_TEST_ID_START).removesuffix(_TEST_ID_END)
        if cell.startswith(_TEST_ID_START) and inner.startswith(nodeid):
            cells[index] = f"{_TEST_ID_START}{html.escape(printable(inner), quote=True)}{_TEST_ID_END}"


def escape_environment(metadata: MutableMapping[str, Any]) -> None:
    """Escape, in place, the values of the environment table (branch names, build URLs), which it inserts as HTML."""
    for key, value in metadata.items():
        metadata[key] = _escaped_value(value)


def _escaped_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {_escaped_value(key): _escaped_value(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped_value(member) for member in value]
    return html.escape(printable(html.unescape(value)), quote=True) if isinstance(value, str) else value
