"""Values of a deployment: who is believed, and who is named for saying otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.deployments import Value, given_values, settle
from pytest_deploycheck.deployments.context import LONGEST
from pytest_deploycheck.errors import SettingsError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_surer_one_is_used_and_the_other_is_named() -> None:
    """The first value counts; what differs from it becomes a sentence with both origins."""
    context = settle(
        [Value("version", "2.4", "--deploy-version"), Value("version", "2.3", "GitLab CI_COMMIT_TAG")], NOW
    )
    assert ("2.4", "--deploy-version") == (context.text("version"), context.origin("version"))
    assert ("version: 2.4 (--deploy-version) is used, but GitLab CI_COMMIT_TAG says 2.3",) == context.conflicts


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [
        ("version", "2.4", "2.4"),
        ("environment", "production", "Production"),
        ("commit", "abcdef1", "abcdef1234567890"),
        ("commit", "ABCDEF1234567890", "abcdef1"),
        ("deployed_at", "2026-03-01T11:00:00Z", "2026-03-01T13:04:00+02:00"),
        ("deployed_at", "1h", "2026-03-01T11:00:00Z"),
    ],
)
def test_the_same_in_other_words(name: str, first: str, other: str) -> None:
    """Spelling, a short commit and a few minutes are no contradiction."""
    assert () == settle([Value(name, first, "a"), Value(name, other, "b")], NOW).conflicts


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [
        ("version", "2.4", "2.4.0"),
        ("environment", "production", "staging"),
        ("commit", "abc", "abcdef1234567890"),
        ("deployed_at", "2026-03-01T11:00:00Z", "2026-03-01T11:06:00Z"),
        ("id", "release-1", "release-2"),
    ],
)
def test_contradictions(name: str, first: str, other: str) -> None:
    """Everything else is one."""
    assert 1 == len(settle([Value(name, first, "a"), Value(name, other, "b")], NOW).conflicts)


def test_a_made_up_name_contradicts_nobody() -> None:
    """A platform's id beside the one that somebody gave is no contradiction."""
    context = settle([Value("id", "release-1", "--deploy-id"), Value("id", "github-7", "GitHub", derived=True)], NOW)
    assert ("release-1", ()) == (context.text("id"), context.conflicts)


@pytest.mark.parametrize(
    ("text", "why"),
    [(" ", "is empty"), ("x" * (LONGEST + 1), "is too long"), ("a\x1b[31m", "holds control characters")],
)
def test_values_that_cannot_be(text: str, why: str) -> None:
    """What comes from outside is bounded and printable, or one clear error."""
    with pytest.raises(SettingsError, match=rf"deployment: somewhere: the version {why}") as error:
        settle([Value("version", text, "somewhere")], NOW)
    assert "\x1b" not in str(error.value)


@given(st.lists(st.tuples(st.sampled_from(["id", "version", "commit"]), st.text("abc", min_size=1, max_size=8))))
def test_the_first_of_each_field_wins(pairs: list[tuple[str, str]]) -> None:
    """Whatever is said, the value in use is the first one of its field."""
    context = settle([Value(name, text, "x") for name, text in pairs], NOW)
    assert {name: context.text(name) for name in dict(pairs)} == dict(reversed(pairs))


def test_the_command_line_comes_before_our_variables() -> None:
    """Both are read; empty is unset."""
    values = given_values(
        {"--deploy-id": "a", "--deploy-version": ""},
        {"DEPLOYCHECK_DEPLOY_ID": "b", "DEPLOYCHECK_DEPLOY_VERSION": "2", "DEPLOYCHECK_DEPLOY_COMMIT": ""},
    )
    assert [("id", "a"), ("id", "b"), ("version", "2")] == [(value.field, value.text) for value in values]
