"""What may leave the process: secrets and personal data masked, control characters shown; second stage, pure.

Everything that comes from outside (answers, log lines, error texts) passes through a :class:`Redactor` before it is
recorded, printed or reported. Two nets lie behind each other: the secrets that the settings name, in every form in
which they are likely to be echoed, and the shapes that secrets and personal data usually have.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK: Final = "***"
SHORTEST_SECRET: Final = 4
_SHORTEST_ENCODED: Final = 6
_SHORTEST_LINE: Final = 12
_DEEPEST: Final = 100
_PERCENT: Final = re.compile("%[0-9A-Fa-f]{2}")
_MOST_ROUNDS: Final = 20

_MASKED_KEYS: Final = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[_-]?key|(?:access|private|signing|encryption|auth)[_-]?key"
    r"|credentials?|session[_-]?id|pgpassword)(?:[_-]?(?:access[_-]?)?(?:key|hash|value|\d{1,3}))?"
)
_MASKED_KEY: Final = re.compile(rf"{_MASKED_KEYS}$|^(?:set-)?cookie$|authorization$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A shape to mask. Searched only in texts that hold one of the lower-case ``triggers``; none means always."""

    triggers: frozenset[str]
    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]

    def apply(self, text: str, found: list[str]) -> str:
        """Return the text with every occurrence masked; ``found`` are the triggers that it holds."""
        if self.triggers and self.triggers.isdisjoint(found):
            return text
        return self.pattern.sub(self.replacement, text)


def _mask_pair(match: re.Match[str]) -> str:
    """Mask the value of ``key=value``; quotes and closing punctuation stay."""
    key, value = match["key"], match["value"]
    opening = re.match(r"\\*[\"']?", value)
    quote_mark = opening.group() if opening and opening.group()[-1:] in {'"', "'"} else ""
    if quote_mark:
        closing = quote_mark if value.endswith(quote_mark) and len(value) > len(quote_mark) else ""
        return f"{key}{quote_mark}{MASK}{closing}"
    bare = value.rstrip(",;)}]")
    if bare.lower() in {"", "null", "none", "true", "false"}:
        return match.group()
    return f"{key}{MASK}{value[len(bare) :]}"


def _mask_card(match: re.Match[str]) -> str:
    """Mask a payment card number, and only one: its check digit must be right."""
    digits = [int(character) for character in match.group() if character.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return match.group() if (sum(digits[-1::-2]) + sum(doubled)) % 10 else MASK


def _rule(triggers: str, pattern: str, replacement: str | Callable[[re.Match[str]], str] = MASK) -> _Rule:
    """Return a rule; ``triggers`` are separated by blanks."""
    return _Rule(frozenset(triggers.split()), re.compile(pattern), replacement)


# Each pattern is linear: no run is scanned twice, because it is anchored by a look-behind or bounded in length.
_RULES: Final = (
    _rule("private", r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"),
    _rule(
        "authorization",
        r"(?i)(authorization\\{0,8}[\"']?\s{0,20}[=:]\s{0,20}\\{0,8}[\"']?)"
        r"(?:(?:basic|bearer|digest|negotiate|token|apikey|aws4-hmac-sha256)\s[^\r\n\"'\\]+|[^\s\"',\\]+)",
        rf"\g<1>{MASK}",
    ),
    _rule(
        "cookie",
        r"(?i)\b((?:set-)?cookie\\{0,8}[\"']?\s{0,20}:\s{0,20}\\{0,8}[\"']?)[^\r\n\"'\\]+",
        rf"\g<1>{MASK}",
    ),
    _rule("bearer", r"(?i)\b(bearer\s{1,20})[\w.~+/=-]{6,}", rf"\g<1>{MASK}"),
    _rule(
        "pass pwd secret token key credential session",
        rf"(?i)(?P<key>{_MASKED_KEYS}\\{{0,8}}[\"']?\s{{0,20}}(?:=>|:=|[=:])\s{{0,20}})"
        r"(?P<value>\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|\\{1,8}[\"'][^\"']*[\"']?|[^\s\"'&<>][^\s\"&<>]*)",
        _mask_pair,
    ),
    _rule("://", r"(://[^\s/:@?#\"'<>]{0,128}:)(?!\d{1,5}[/?#])[^\s\"'<>]{0,300}@", rf"\g<1>{MASK}@"),
    _rule("://", r"(://)[^\s/:@?#\"'<>]{20,300}@", rf"\g<1>{MASK}@"),
    _rule("eyj", r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"),
    _rule("akia asia aroa aida", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _rule("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    _rule("glpat- npm_ whsec_", r"(?:glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,}|whsec_[\w+/=]{16,})"),
    _rule("xox hooks.slack.com", r"xox[abeoprs]-[A-Za-z0-9-]{10,}|(?<=hooks\.slack\.com/)[\w/-]{10,}"),
    _rule("_live_ _test_", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}"),
    _rule("aiza sg. sk-", r"AIza[\w-]{35}|\bSG\.[\w-]{16,80}\.[\w-]{16,}|(?<![\w-])sk-[\w-]{20,}"),
    _rule("@", r"(?<![\w.%+-])(?<!://)[\w.%+-]++@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    _rule(
        "",
        r"(?<![\d.])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
        r"|3[47]\d\d([ -])\d{6}\2\d{5})(?!\d)",
        _mask_card,
    ),
)


_TRIGGERS: Final = tuple(sorted({trigger for rule in _RULES for trigger in rule.triggers}))
_ALWAYS: Final = tuple(rule for rule in _RULES if not rule.triggers)
_LONGEST_KEPT: Final = 200
_MOST_KEPT: Final = 2000


class Redactor:
    """Masks known secrets and everything that looks like one. Safe to use from several threads."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Start with the secrets that the settings name; those shorter than 4 characters are left out."""
        self._lock = Lock()
        self._known: set[str] = set()
        self._forms: re.Pattern[str] | None = None
        self._clean: dict[str, None] = {}
        self.add(*secrets)

    def __repr__(self) -> str:
        """Return how many secrets are known, and none of them."""
        return f"Redactor({len(self._known)} secrets)"

    def add(self, *secrets: str) -> None:
        """Mask these from now on, too, in plain, URL-encoded, base64, JSON- and HTML-escaped form."""
        with self._lock:
            fresh = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET} - self._known
            if not fresh:
                return
            self._known |= fresh
            forms = {form for secret in self._known for form in _forms_of(secret)}
            longest_first = sorted(forms, key=lambda form: (-len(form), form))
            self._forms = re.compile("|".join(_PERCENT.sub(r"(?i:\g<0>)", re.escape(form)) for form in longest_first))
            # after the forms: a thread that still masks by the old ones keeps what it found in the old dictionary
            self._clean = {}

    def text(self, text: str) -> str:
        """Return the text with secrets and personal data masked as ``***``; masking twice changes nothing."""
        clean = self._clean
        if text in clean:
            return text
        masked = self._masked(text)
        if masked == text and len(text) <= _LONGEST_KEPT:
            if len(clean) >= _MOST_KEPT:
                clean.clear()
            clean[text] = None  # titles, ids and words of ours come again and again
        return masked

    def _masked(self, text: str) -> str:
        for _ in range(_MOST_ROUNDS):
            masked = self._once(text)
            if masked == text:
                break
            text = masked
        return text

    def value(self, value: Any) -> Any:
        """Return the JSON-like value with every string masked, and whatever stands under a key such as ``password``."""
        return self._value(value, 0)

    def _once(self, text: str) -> str:
        masked = self._forms.sub(MASK, text) if self._forms else text
        lowered = masked.lower()
        found = [trigger for trigger in _TRIGGERS if trigger in lowered]
        for rule in _RULES if found else _ALWAYS:
            masked = rule.apply(masked, found)
        return masked

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEPEST:
            return MASK
        if isinstance(value, Mapping):
            return {self._key(key): self._member(key, member, depth) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            members = [self._value(member, depth + 1) for member in value]
            return members if isinstance(value, list) else tuple(members)
        return value

    def _key(self, key: Any) -> Any:
        return self.text(key) if isinstance(key, str) else key

    def _member(self, key: Any, member: Any, depth: int) -> Any:
        if isinstance(key, str) and _MASKED_KEY.search(key) and not (member is None or isinstance(member, bool)):
            return MASK
        return self._value(member, depth + 1)


def secrets_in(address: str) -> tuple[str, ...]:
    """Return the passwords written in a URL or a PostgreSQL connection string, as written and decoded."""
    found = [match["secret"] for match in re.finditer(r"://[^\s/:@?#]{0,128}:(?P<secret>[^\s]{1,300})@", address)]
    pairs = re.finditer(r"(?i)password\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*+)'|(?P<bare>[^\s&]+))", address)
    found += [match["bare"] or re.sub(r"\\(.)", r"\1", match["quoted"] or "") for match in pairs]
    return tuple(dict.fromkeys(form for secret in found if secret for form in (secret, unquote(secret))))


def printable(text: str, *, multiline: bool = False) -> str:
    r"""Return the text safe for a terminal: control, escape and text-direction characters shown as ``\x1b``.

    With ``multiline`` newlines and tabs stay as they are.
    """
    return (_UNPRINTABLE_BUT_LINES if multiline else _UNPRINTABLE).sub(_escaped, text)


_INVISIBLE: Final = (
    "\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNPRINTABLE: Final = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
_UNPRINTABLE_BUT_LINES: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
_SHORT_ESCAPES: Final = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def _escaped(match: re.Match[str]) -> str:
    """Return the character as Python would write it in a string."""
    character = match.group()
    return _SHORT_ESCAPES.get(character) or character.encode("ascii", "backslashreplace").decode("ascii").replace(
        character, f"\\x{ord(character):02x}"
    )


def _forms_of(secret: str) -> Iterator[str]:
    """Return every form in which the secret may be echoed."""
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote(secret, errors="replace")
    yield quote_plus(secret, errors="replace")
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", r"\/")
    yield html.escape(secret)
    yield repr(secret)[1:-1]
    yield from (line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE)
    yield from _base64_forms(secret.encode("utf-8", "surrogatepass"))


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Return what of the secret is visible in base64, at each of the three places where it may start."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret).decode("ascii")
        visible = encoded[(offset * 8 + 5) // 6 : (offset + len(secret)) * 8 // 6]
        if len(visible) >= _SHORTEST_ENCODED:
            yield visible
            yield visible.translate(str.maketrans("+/", "-_"))
