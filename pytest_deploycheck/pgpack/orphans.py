"""What the proof of the keys amounts to, as findings; above the proof, below the pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.pgpack.findings import Finding, bad, good, plural, unverified
from pytest_deploycheck.pgpack.names import shown
from pytest_deploycheck.pgpack.proving import CHECK, Proved
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable


def findings(proved: Iterable[Proved]) -> list[Finding]:
    """Return a finding for each key with orphans, one for each reason why keys are unverified, or that all is well."""
    results = list(proved)
    verified = [each for each in results if each.orphans is not None]
    scope = f"{len(verified)} of {plural(len(results), 'key')}, {len(results) - len(verified)} unverified"
    reasons: dict[str, list[Proved]] = {}
    for each in results:
        if each.orphans is None:
            reasons.setdefault(each.hint or str(each.reason), []).append(each)
    found = [_orphaned(each, scope) for each in verified if each.orphans]
    found += [_unverified(each, scope) for each in reasons.values()]
    if not found:
        message = f"no orphans in {plural(len(results), 'foreign key')}" if results else "there are no foreign keys"
        return [good(CHECK, "all foreign keys", message, scope=scope, value=0)]
    return found


def _unverified(results: list[Proved], scope: str) -> Finding:
    first = results[0]
    about = shown(first.key.child_schema, first.key.child_table, first.key.name)
    message = f"unverified: {first.reason}"
    if len(results) > 1:
        message = f"{len(results)} keys unverified, the largest {about}: {first.reason}"
        about = plural(len(results), "foreign key")
    # a key that the server does not enforce promises nothing
    severity = Severity.CRITICAL if any(each.key.enforced for each in results) else None
    return unverified(CHECK, about, severity, message, scope=scope, hint=first.hint)


def _orphaned(result: Proved, scope: str) -> Finding:
    key = result.key
    message = (
        f"{plural(int(result.orphans or 0), 'row')} of {shown(key.child_schema, key.child_table)} "
        f"without a partner in {shown(key.parent_schema, key.parent_table)}"
    )
    return bad(
        CHECK,
        shown(key.child_schema, key.child_table, key.name),
        Severity.CRITICAL if key.enforced else None,
        message if key.enforced else f"{message}; the key is NOT ENFORCED",
        scope=scope,
        value=result.orphans,
        samples=result.samples,
        hint="Restore the missing parents or remove the rows; then find out what went round the key",
    )
