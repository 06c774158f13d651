"""What no machine can check: a person has answered, with yes or not applicable."""

import pytest

from pytest_deploycheck import Attest, Attestations


@pytest.mark.each("attest")
def test_attested(attest: Attest, attestations: Attestations) -> None:
    """A person has answered the question."""
    attestations.require(attest)
