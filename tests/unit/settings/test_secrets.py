"""Finding and masking secrets in the settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.settings.secrets import dsn_secrets, is_secret_key, masked_dsn


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://app:hunter2@db/app", "postgresql://app:***@db/app"),
        ("postgresql://app:a:b@c@db:5432/app?sslmode=require", "postgresql://app:***@db:5432/app?sslmode=require"),
        ("postgresql://db/app?user=a&password=hunter2&x=1", "postgresql://db/app?user=a&password=***&x=1"),
        ("host=db password=hunter2 dbname=app", "host=db password=*** dbname=app"),
        ("host=db password = 'a \\' b' dbname=app", "host=db password = *** dbname=app"),
        ("postgresql://app@db/app", "postgresql://app@db/app"),
    ],
)
def test_a_masked_dsn_has_no_password(dsn: str, expected: str) -> None:
    """Everything but the password stays readable."""
    assert expected == masked_dsn(dsn)


@given(st.text("abcXYZ019-_.!%", min_size=4))
def test_no_password_survives_masking(password: str) -> None:
    """Whatever the password: it is collected, and gone from the masked DSN."""
    dsn = f"postgresql://u:{password}@h/d"

    assert password in dsn_secrets(dsn)
    assert "postgresql://u:***@h/d" == masked_dsn(dsn)


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (("service", "bearer"), True),
        (("service", "secrets", 0), True),
        (("environment", 1, "dsn"), True),
        (("endpoint", 0, "headers", "Cookie"), True),
        (("endpoint", 0, "headers", "X-Api-Key"), True),
        (("endpoint", 0, "headers", "Accept"), False),
        (("endpoint", 0, "expect_headers", "Set-Cookie"), False),
        (("service", "name"), False),
        ((), False),
    ],
)
def test_secret_places_are_known(path: tuple[str | int, ...], secret: bool) -> None:  # noqa: FBT001  # a table's column
    """Tokens, DSNs and headers that carry credentials are secret as a whole."""
    assert secret == is_secret_key(path)
