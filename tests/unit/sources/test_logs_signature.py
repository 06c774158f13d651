"""What error lines have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.sources.logs_signature import LONGEST, signature_of


@pytest.mark.parametrize(
    ("line", "signature"),
    [
        ("2026-11-21 08:00:00,123 ERROR order 17 took 3.5 s", "<time> ERROR order <n> took <n> s"),
        ("user 1b4e28ba-2fa1-11d2-883f-0016d3cca427 not found", "user <id> not found"),
        ("commit deadbeef01 at 0xFF12", "commit <hex> at <hex>"),
        ("""no key "a b" in 'x\\'y' or `z`""", "no key <text> in <text> or <text>"),
        ("cannot open /var/lib/app/17.dat: denied", "cannot open <path> denied"),
        ("GET https://api.test/v1?id=5 failed", "GET <url> failed"),
        ("refused 10.0.0.7:5432", "refused <ip>"),
        ("mail to a.b@example.org bounced", "mail to <email> bounced"),
        ("it doesn't work, isn't it", "it doesn't work, isn't it"),
        ('{"level":"error","ts":1,"msg":"order 5 lost"}', "order <n> lost"),
        ('ts=1 level=error msg="order 5 lost" id=7', "order <n> lost"),
        ("  many \t blanks ", "many blanks"),
    ],
)
def test_what_changes_is_taken_out(line: str, signature: str) -> None:
    """Numbers, ids, hexadecimals, quoted texts, paths, times, addresses; of structured lines only the message stays."""
    assert signature == signature_of(line)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_lines_that_differ_in_numbers_are_one(left: int, right: int) -> None:
    """Two lines of one place in the code have one signature."""
    assert signature_of(f"job {left} failed after {right} ms") == signature_of("job 1 failed after 2 ms")


@pytest.mark.parametrize("piece", ["'", '"', "\\", "/a", "a-", "1.", "a@", "deadbeef", "://x", "[", '"msg":"'])
def test_a_hostile_line_ends(piece: str) -> None:
    """Near misses of every shape take no quadratic time."""
    assert len(signature_of(piece * 20_000)) <= LONGEST
