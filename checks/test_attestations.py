"""What no machine can check: a person has answered, with yes or not applicable."""

import pytest


@pytest.mark.each("attest")
def test_attested(attest, attestations):
    """A person has answered the question."""
    attestations.require(attest)
