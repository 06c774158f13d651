"""Secrets and personal data never leave, whatever form they come in."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.redact import MASK, Redactor, printable, secrets_in

SECRET = 'hunter/2+"§ecret'
TEXTS = st.text(st.sampled_from("ab1 =\"'\\:/@.*-_%&,;{}\n4tokenpasswrdBearAKIyJ"), max_size=60) | st.text(max_size=60)


def forms() -> dict[str, str]:
    """Return the forms in which a secret is usually echoed."""
    return {
        "plain": SECRET,
        "url": quote(SECRET, safe=""),
        "url in lower case": quote(SECRET, safe="").lower(),
        "path": quote(SECRET),
        "form": quote_plus(SECRET),
        "json": json.dumps(SECRET)[1:-1],
        "json in utf-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
        "json with escaped slashes": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        "html": html.escape(SECRET),
        "repr": repr(SECRET)[1:-1],
    }


@pytest.mark.parametrize("form", forms())
def test_a_known_secret_is_masked_in_every_form(form: str) -> None:
    """However the service echoes the secret, it does not come through."""
    assert f"<{MASK}>" == Redactor([SECRET]).text(f"<{forms()[form]}>")


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
def test_a_known_secret_is_masked_inside_base64(before: str) -> None:
    """A login in base64 holds the secret at any of three offsets; nothing readable is left."""
    encoded = base64.b64encode(f"{before}correct-horse-battery".encode()).decode()
    masked = Redactor(["correct-horse-battery"]).text(encoded)
    assert MASK in masked
    left = masked.replace(MASK, "")
    assert len(left) <= len(before) * 2 + 4


def test_short_secrets_are_left_alone() -> None:
    """Three characters would mask half of the report."""
    assert "the cat" == Redactor(["cat", ""]).text("the cat")


def test_the_longest_secret_wins() -> None:
    """A secret that begins like another is masked whole."""
    assert f"{MASK}!" == Redactor(["secret", "secret-and-more"]).text("secret-and-more!")


def test_a_secret_can_be_added_later() -> None:
    """A token captured by a flow is masked from then on."""
    redactor = Redactor()
    assert "x y0k3nn" == redactor.text("x y0k3nn")
    redactor.add("y0k3nn")
    assert f"x {MASK}" == redactor.text("x y0k3nn")


def test_only_a_bounded_number_of_texts_is_remembered() -> None:
    """Memory does not grow with the number of texts, nor with long ones."""
    redactor = Redactor()
    for number in range(5000):
        redactor.text(f"check {number}")
    redactor.text("long " * 1000)
    assert 2000 >= len(redactor._clean)
    assert all(len(text) <= 200 for text in redactor._clean)


def test_a_redactor_shows_no_secret() -> None:
    """Its own representation is harmless."""
    assert "Redactor(1 secrets)" == repr(Redactor(["hunter22"]))


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=abc, user=joe", "password=***, user=joe"),
        ("DB_PASSWORD: abc", "DB_PASSWORD: ***"),
        ('{"password": "a\\"b", "x": 1}', '{"password": "***", "x": 1}'),
        ('{"access_token":"abc","n":2}', '{"access_token":"***","n":2}'),
        ('{\\"password\\": \\"abc\\", \\"y\\": 2}', '{\\"password\\": \\"***\\", \\"y\\": 2}'),
        ('{"password": "cut of', '{"password": "***'),
        ('{"token": null, "a": 5}', '{"token": null, "a": 5}'),
        ("level=info token=abc.def msg=hi", "level=info token=*** msg=hi"),
        ("GET /x?api_key=abc&b=1", "GET /x?api_key=***&b=1"),
        ("password='a b' host=x", "password='***' host=x"),
        ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ***"),
        ('{"Authorization": "Bearer abc"}', '{"Authorization": "***"}'),
        ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: ***"),
        ("sent bearer abcdefgh", "sent bearer ***"),
        ("postgresql://u:p@ss/w@host:5432/db", "postgresql://u:***@host:5432/db"),
        ("redis://:abc@host/0", "redis://:***@host/0"),
        (f"jwt {JWT} end", "jwt *** end"),
        ("key AKIAIOSFODNN7EXAMPLE.", "key ***."),
        ("ghp_" + "a1" * 18, "***"),
        ("xoxb-1234567890-abcdef", "***"),
        ("sk_live_abcdef0123456789", "***"),
        ("mail joe.doe+x@example.co.uk now", "mail *** now"),
        ("card 4111 1111 1111 1111.", "card ***."),
        ("card 378282246310005", "card ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----!", "***!"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "***"),
    ],
)
def test_shapes_of_secrets_are_masked(text: str, expected: str) -> None:
    """What looks like a secret or personal data is masked, and what stands around it stays."""
    assert expected == Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET http://localhost:8000/api/v1/projects 200 in 12 ms",
        "postgresql://user@host.example.com/db",
        "2026-11-21T07:45:00.123456789Z 1763710000123456789",
        "card 4111 1111 1111 1112",
        "p95 340 ms > 200 ms (n = 1,234)",
        "tokenizer=x keyword=3 passed=7",
        "3f6c9a52-0000-4000-8000-000000000000",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    """Addresses, times, ids and numbers come through unchanged."""
    assert text == Redactor().text(text)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_masking_twice_changes_nothing(text: str, secrets: list[str]) -> None:
    """A text that went through once goes through again unchanged."""
    redactor = Redactor(secrets)
    once = redactor.text(text)
    assert once == redactor.text(once)


@given(st.text(min_size=4, max_size=30).filter(lambda text: "*" not in text), TEXTS, TEXTS)
def test_a_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    """Whatever stands around it, the secret is not in the result."""
    assert secret not in Redactor([secret]).text(before + secret + after)


@pytest.mark.parametrize(
    "piece",
    ["a", "@", "://a:", "password=", 'password:"', "eyJ-", "1", "a.b@", "\\", "sk-", "token ", "bearer ", "4111 "],
)
def test_a_hostile_text_takes_no_quadratic_time(piece: str) -> None:
    """A quarter of a million repetitions of anything are masked; a quadratic pattern would not come back."""
    redactor = Redactor(["some-secret"])
    text = piece * 250_000
    masked = redactor.text(text)
    assert len(masked) <= len(text) + len(MASK)


def test_values_are_masked_inside_and_by_key() -> None:
    """JSON-like values keep their shape; a telling key masks what stands under it."""
    value = {
        "password": "x",
        "Db-Token": 5,
        "token": None,
        "secret": True,
        "list": ["a@b.io", 1, ("hunter22",)],
        "deep": {"apiKey": {"a": 1}},
        "hunter22": 1.5,
    }
    assert {
        "password": MASK,
        "Db-Token": MASK,
        "token": None,
        "secret": True,
        "list": [MASK, 1, (MASK,)],
        "deep": {"apiKey": MASK},
        MASK: 1.5,
    } == Redactor(["hunter22"]).value(value)


def test_a_bottomless_value_ends() -> None:
    """A value nested thousands of times deep is cut, not a crash."""
    value: object = "end"
    for _ in range(5000):
        value = [value]
    assert MASK in repr(Redactor().value(value))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p%40ss@h/db", ("p%40ss", "p@ss")),
        ("postgresql://u:p@ss@h/db", ("p@ss",)),
        ("host=h password=abc dbname=x", ("abc",)),
        (r"host=h password='a\'b c'", ("a'b c",)),
        ("postgresql://u@h/db?password=abc&x=1", ("abc",)),
        ("postgresql://u@h/db", ()),
        ("", ()),
    ],
)
def test_passwords_are_found_in_addresses(address: str, expected: tuple[str, ...]) -> None:
    """The password of a connection string is known in both spellings."""
    assert expected == secrets_in(address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\r\n\tb\0", r"a\r\n\tb\x00"),
        ("\x9b\x7f\u2028\ufeff", r"\x9b\x7f\u2028\ufeff"),
        ("\ud800\U000e0041", r"\ud800\U000e0041"),
        ("äöü 漢字 🎉", "äöü 漢字 🎉"),
    ],
)
def test_control_characters_are_shown(text: str, expected: str) -> None:
    """Nothing from outside moves the cursor, colours the screen or turns the text around."""
    assert expected == printable(text)


def test_lines_may_stay_lines() -> None:
    """A multi-line text keeps newlines and tabs, and nothing else."""
    assert "a\n\tb\\r" == printable("a\n\tb\r", multiline=True)


@given(st.text())
def test_printable_text_can_be_printed_anywhere(text: str) -> None:
    """The result is encodable, and showing it again changes nothing."""
    shown = printable(text)
    shown.encode("utf-8")
    assert shown == printable(shown)
