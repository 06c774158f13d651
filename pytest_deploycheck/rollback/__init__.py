"""What a verdict of ROLLBACK may start: a command, once for each deployment, and a look at what came of it."""

from __future__ import annotations

from pytest_deploycheck.rollback.claims import Claim, Claims, FileClaims
from pytest_deploycheck.rollback.hook import Asked, roll_back
from pytest_deploycheck.rollback.verification import Verification, arguments_for, verify

__all__ = ["Asked", "Claim", "Claims", "FileClaims", "Verification", "arguments_for", "roll_back", "verify"]
