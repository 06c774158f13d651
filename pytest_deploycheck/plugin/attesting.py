"""The ``attestations`` fixture: what a person has to answer, and what it means when nobody has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.attestations import valid
from pytest_deploycheck.errors import AttestationMissingError, CheckFailedError

if TYPE_CHECKING:
    from pytest_deploycheck.model import Attestation
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Attestations:
    """Looks up people's answers."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Look up for one check."""
        self._run = run
        self._state = state

    def get(self, name: str) -> Attestation | None:
        """Return the answer that counts, None when there is none or it has expired."""
        found = self._run.attestations.get(name)
        return found if found is not None and valid(found, self._run.now) else None

    def _how_to_answer(self, name: str) -> str:
        deployment = self._run.deployment
        if deployment.explicit:
            return f"deploycheck attest {name} --by NAME --deploy-id {deployment.id}"
        return f"deploycheck attest {name} --by NAME --deploy-id ID, and run again with the same --deploy-id ID"

    def _overdue(self, entry: Any) -> str:
        """Return since when the answer is overdue, empty while there is time or nobody knows when it all began."""
        deployment = self._run.deployment
        due = None if isinstance(entry, str) else entry.due_by(self._run.settings.phases)
        if due is None or not deployment.deployed_at_known:
            return ""
        since = deployment.deployed_at + timedelta(seconds=due)
        return f", overdue since {since:%Y-%m-%d %H:%M} UTC" if self._run.now > since else ""

    def require(self, entry: Any) -> Attestation:
        """Return the answer to a declared question (or to the id of one).

        Raises:
            AttestationMissingError: nobody has answered, or the answer has expired.
            CheckFailedError: the answer is no.
        """
        name = entry if isinstance(entry, str) else entry.id
        found = self.get(name)
        if found is None:
            self._state.ignored = not getattr(entry, "required", True)
            expired = name in self._run.attestations
            missing = f"the answer to {name} has expired" if expired else f"nobody has attested {name}"
            raise AttestationMissingError(f"{missing}{self._overdue(entry)}", self._how_to_answer(name))
        if found.answer == "no":
            raise CheckFailedError(f"{found.by} answered no" + (f": {found.note}" if found.note else ""))
        return found
