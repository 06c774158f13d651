"""What a single value of the settings has to be, and the sentence that tells when it is not; below the field types.

Each function is a validator: it returns the value, perhaps converted, or raises ``PydanticCustomError``. A value that
came out of ``${VAR}`` is a :class:`FromEnvironment`, so that a number or a switch may come from there, too.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic_core import PydanticCustomError

from pytest_deploycheck.judgement.ladder import LEVELS
from pytest_deploycheck.judgement.units import UnitError, find_unit
from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.phases import EVERY_RUN, PRESETS, parse_duration, resolve_item_phases
from pytest_deploycheck.settings.secrets import MASK
from pytest_deploycheck.settings.suggest import suggestion
from pytest_deploycheck.status import MARKABLE_SEVERITIES, SEVERITY_ALIASES, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

PROBLEM: Final = "deploycheck"
EVERY_LEVEL: Final = "*"
BASELINES: Final = ("captured", "last-good", "before", "same-hour")
FILE: Final = "file"
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"
_ID: Final = re.compile(ID_PATTERN.removesuffix("$"))
ID_LENGTH: Final = 100
SIZES: Final = {
    "": 1,
    "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3,
}  # fmt: skip
_SIZE: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]{0,3})\s*", re.ASCII)
SWITCHES: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


class FromEnvironment(str):
    """A text that came whole from an environment variable or the command line, and may stand for a number."""

    __slots__ = ()


def problem(message: str, hint: str | None = None, **more: Any) -> PydanticCustomError:
    """Return the error of a validator: a message for people and, with it, what to do."""
    return PydanticCustomError(PROBLEM, "{message}", {"message": message, "hint": hint, **more})


def converted(convert: Callable[[str], Any], word: str) -> Callable[[Any], Any]:
    """Return a validator that converts texts from the environment, and leaves everything else alone."""

    def validate(value: Any) -> Any:
        if not isinstance(value, FromEnvironment):
            return value
        try:
            return convert(value.strip())
        except (ValueError, KeyError):
            raise problem(f"expected {word}") from None

    return validate


def check_duration(value: Any) -> Any:
    """Return the seconds of a number or a text such as ``15m``."""
    if isinstance(value, FromEnvironment) and value.strip().replace(".", "", 1).isdigit():
        return float(value)
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            raise problem("no duration", 'Write a number and a unit: "500ms", "5s", "15m", "2h" or "7d".') from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise problem("no duration", 'Write it as text with a unit: "500ms", "5s", "15m", "2h" or "7d".')
    return value


def check_not_negative(value: float) -> float:
    """Return a duration of zero or more seconds."""
    if not math.isfinite(value):
        raise problem("is no finite number")
    if value < 0:
        raise problem("a duration cannot be negative")
    return value


def check_positive(value: float) -> float:
    """Return a duration longer than zero."""
    if not math.isfinite(value):
        raise problem("is no finite number")
    if value <= 0:
        raise problem("must be longer than zero")
    return value


def check_size(value: Any) -> Any:
    """Return the bytes of a number or a text such as ``1MiB``."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        if match is None or match[2] not in SIZES:
            raise problem("no size", 'Write a number and a unit: "512KiB", "1MiB" or "2GB".')
        return int(float(match[1]) * SIZES[match[2]])
    return value


def check_severity(value: Any) -> Any:
    """Return the severity of a word, aliases included."""
    if isinstance(value, Severity):
        return value
    try:
        return Severity.parse(value)
    except (AttributeError, ValueError):
        known = (*MARKABLE_SEVERITIES, *SEVERITY_ALIASES)
        raise problem("unknown severity", f"Choose from {', '.join(MARKABLE_SEVERITIES)}.", known=known) from None


def check_id(value: str) -> str:
    """Return a valid id."""
    if len(value) > ID_LENGTH or not _ID.fullmatch(value):
        raise problem(
            "no valid id",
            f"Use letters, digits and . _ : / -, a letter or digit first, at most {ID_LENGTH} characters.",
        )
    return value


def check_phase(value: str) -> str:
    """Return the name of a phase, its tag resolved."""
    try:
        return resolve_item_phases((value,))[0]
    except ValueError as error:
        raise problem("unknown phase", suggestion(value, (*PRESETS, EVERY_RUN))) from error


def check_regex(value: str) -> str:
    """Return a valid regular expression."""
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise problem(f"no valid regular expression ({error})") from None
    return value


def check_jmespath(value: str) -> str:
    """Return a valid JMESPath."""
    try:
        jmespath.compile(value)
    except (JMESPathError, RecursionError) as error:
        first = str(error).splitlines()[0].rstrip(":. ") if str(error) else "empty"
        raise problem(
            f"no valid JMESPath ({first})", 'Quote names with other signs than a-z: "checks.\\"my-db\\"".'
        ) from None
    return value


def check_not_blank(value: SecretStr) -> SecretStr:
    """Return a secret that is not empty."""
    if not value.get_secret_value().strip():
        raise problem("is empty")
    return value


def mask(_value: SecretStr) -> str:
    """Return what is shown instead of a secret."""
    return MASK


def check_baseline(value: Any) -> Any:
    """Return where a baseline comes from: one of the known places, or a table with a file.

    Raises:
        PydanticCustomError: it is neither.
    """
    if isinstance(value, dict):
        if set(value) != {FILE} or not isinstance(value[FILE], str) or not value[FILE]:
            raise problem("no baseline", 'Write { file = "baseline.json" }.')
        return {FILE: str(value[FILE])}
    if value not in BASELINES:
        raise problem("no baseline", suggestion(str(value), BASELINES))
    return str(value)


def check_hold(value: Any) -> dict[str, float]:
    """Return how long levels have to hold, in seconds by level; the level ``*`` is every one that is not named.

    Raises:
        PydanticCustomError: it is neither a duration nor a table from level to duration.
    """
    if not isinstance(value, dict):
        return {EVERY_LEVEL: check_not_negative(check_duration(value))}
    unknown = next((level for level in value if level not in LEVELS), None)
    if unknown is not None or not value:
        raise problem(
            f"unknown level {unknown!r}" if unknown is not None else "no level", f"Levels are {', '.join(LEVELS)}."
        )
    return {level: check_not_negative(check_duration(each)) for level, each in value.items()}


def check_capacity(value: Any) -> Any:
    """Return a number above zero, or a name."""
    if isinstance(value, FromEnvironment):
        try:
            value = float(value)
        except ValueError:
            return str(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    if not is_number and not (isinstance(value, str) and value):
        raise problem("neither a number above 0 nor a name in service.capacity")
    return value if isinstance(value, str) else float(value)


def check_query(value: str) -> str:
    """Return a valid metric query."""
    try:
        parse_query(value)
    except ValueError as error:
        raise problem(f"no metric query: {error}") from None
    return value


def check_unit(value: str) -> str:
    """Return a unit that levels can be read in."""
    try:
        find_unit(value)
    except UnitError as error:
        raise problem(f"no unit: {error}") from None
    return value


def read_tenant(value: Any) -> Any:
    """Return the tenant as text; a number is one, too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def check_variable(value: str) -> str:
    """Return a valid name of a variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value, re.ASCII):
        raise problem("no valid name of a variable", "Use letters, digits and _.")
    return value
