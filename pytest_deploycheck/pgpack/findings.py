"""What the pack tells: one finding for each thing looked at, good ones included; the ground of the room.

A finding that could not be made has the severity of what is at stake, so that nothing unverified passes for harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.status import Severity, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

OK: Final = 0
UNVERIFIED: Final = 11
BAD: Final = 12
INFO: Final = "info"
_OPEN: Final = frozenset({Status.INCONCLUSIVE, Status.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: what came out, how bad, how much was looked at, and what to do.

    ``severity`` None is a remark; with ``INCONCLUSIVE`` and ``ERROR`` it is the worst that may be hidden.
    """

    check: str
    object: str
    status: Status
    severity: Severity | None
    message: str
    scope: str
    value: float | str | None = None
    hint: str | None = None
    samples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``; an absent hint and absent samples are left out."""
        more: dict[str, Any] = {"hint": self.hint, "samples": list(self.samples)}
        return {
            "check": self.check,
            "object": self.object,
            "status": str(self.status),
            "severity": INFO if self.severity is None else str(self.severity),
            "value": self.value,
            "scope": self.scope,
            "message": self.message,
            **{key: value for key, value in more.items() if value},
        }


def bad(
    check: str,
    about: str,
    severity: Severity | None,
    message: str,
    *,
    scope: str,
    value: float | str | None = None,
    hint: str | None = None,
    samples: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that was measured and is beyond a limit; WARN or FAIL by its severity."""
    return Finding(
        check=check,
        object=about,
        status=Status.WARN if severity is None else status_of_finding(severity),
        severity=severity,
        message=message,
        scope=scope,
        value=value,
        hint=hint,
        samples=samples,
    )


def good(check: str, about: str, message: str, *, scope: str, value: float | str | None = None) -> Finding:
    """Return that all is well there."""
    return Finding(
        check=check, object=about, status=Status.PASS, severity=None, message=message, scope=scope, value=value
    )


def unverified(
    check: str, about: str, severity: Severity | None, message: str, *, scope: str, hint: str | None = None
) -> Finding:
    """Return that nobody knows: a privilege, an extension, time or an answer was missing."""
    return Finding(
        check=check,
        object=about,
        status=Status.INCONCLUSIVE,
        severity=severity,
        message=message,
        scope=scope,
        hint=hint,
    )


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 12 for a finding of high or critical, 11 for something of that rank unverified, else 0; of nothing, 11."""
    found = list(findings)
    serious = [each for each in found if each.severity is not None and each.severity >= Severity.HIGH]
    if any(each.status is Status.FAIL for each in serious):
        return BAD
    return UNVERIFIED if not found or any(each.status in _OPEN for each in serious) else OK


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
