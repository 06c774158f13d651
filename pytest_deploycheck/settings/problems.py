"""From what validation found to problems that people read: a key path, a plain sentence, the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, get_args

from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.metrics import METRICS, MetricItem
from pytest_deploycheck.settings.raw import Finding, Path, at
from pytest_deploycheck.settings.schema import Settings
from pytest_deploycheck.settings.suggest import nearest, suggestion
from pytest_deploycheck.settings.telling.channels import CHANNELS
from pytest_deploycheck.settings.values import PROBLEM

if TYPE_CHECKING:
    from pydantic import ValidationError

_MISSING: Final = object()
# sections whose tables are of several kinds: the key that tells which, and the kinds
_KINDS: Final[Mapping[str, tuple[str, tuple[type[Table], ...]]]] = {
    "metric": ("source", METRICS),
    "channel": ("type", CHANNELS),
}
_EXPECTED: Final = re.compile(r"'([^']*)'")


def findings_of(error: ValidationError, raw: Any) -> Iterator[Finding]:
    """Yield what a validation found, without a word of the library's own."""
    for each in error.errors(include_url=False):
        path = _path_in(raw, each["loc"], keep_last=each["type"] in {"missing", "extra_forbidden"})
        tell = _TELLERS.get(each["type"], _other)
        yield from tell(path, dict(each.get("ctx") or {}), each["input"], raw)


_PLACE_OF_TAG: Final = 2


def _path_in(raw: Any, location: tuple[int | str, ...], *, keep_last: bool) -> Path:
    """Return the location without the parts that name no key (the tag of a union, a marker of a key)."""
    path: list[int | str] = []
    node = raw
    for index, part in enumerate(location):
        if index == _PLACE_OF_TAG and location[0] in _KINDS:
            continue  # which kind it is; sql is the name of a key, too
        child = at(node, (part,)) if isinstance(node, (dict, list)) else None
        known = (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int))
        if known or (keep_last and index == len(location) - 1):
            path.append(part)
            node = child
    return tuple(path)


Teller = Callable[[Path, dict[str, Any], Any, Any], Iterator[Finding]]


def _says(message: str, *, shows: bool = True) -> Teller:
    def tell(path: Path, context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
        yield Finding(path, message.format(**context), None, value if shows else None)

    return tell


def _own(path: Path, context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    hint = context.get("hint")
    if "known" in context and isinstance(value, str) and (near := nearest(value, context["known"])):
        hint = f'Did you mean "{near}"?'
    parts = context.get("parts", ())
    for key, message, part in parts:
        yield Finding((*path, key) if key else path, message, hint, part)
    if not parts:
        yield Finding(path, context["message"], hint, value)


def _missing(path: Path, _context: dict[str, Any], _value: Any, raw: Any) -> Iterator[Finding]:
    if path in {("service", "base_url"), ("service",)}:
        yield Finding(("service", "base_url"), "is missing", 'Say where the service answers: base_url = "https://…".')
        return
    models = models_at(path[:-1], raw)
    found = [
        field.description for model in models for field in [_fields(model).get(str(path[-1]))] if field is not None
    ]
    yield Finding(path, "is missing", found[0] if found else None)


def _unknown(path: Path, _context: dict[str, Any], _value: Any, raw: Any) -> Iterator[Finding]:
    key, models = str(path[-1]), models_at(path[:-1], raw)
    other = next((model for model in METRICS if key in _fields(model)), None)
    if other is not None and any(issubclass(model, MetricItem) for model in models):
        source = get_args(_fields(other)["source"].annotation)[0]
        yield Finding(path, "does not fit this source", f'It belongs to source = "{source}".')
        return
    names = sorted({name for model in models for name in _fields(model)})
    yield Finding(path, "unknown key", suggestion(key, names) if names else None)


def _choice(path: Path, context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    known = _EXPECTED.findall(str(context.get("expected", "")))
    near = nearest(value, known) if isinstance(value, str) else None
    yield Finding(
        path, "unknown value", f'Did you mean "{near}"?' if near else f"Choose from {', '.join(known)}.", value
    )


def _kind(path: Path, _context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    key, models = _KINDS[str(path[0])]
    known = [get_args(_fields(model)[key].annotation)[0] for model in models]
    given = value.get(key) if isinstance(value, dict) else None
    message = "is missing" if given is None else f"unknown {key}"
    hint = suggestion(given, known) if isinstance(given, str) else f"Choose from {', '.join(known)}."
    yield Finding((*path, key), message, hint, given)


def _table(path: Path, _context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    single = f"Write [{path[-1]}] in single brackets." if isinstance(value, list) and len(path) == 1 else None
    yield Finding(path, "expected a table", single, None if single else value)


def _list(path: Path, _context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    double = f"Write [[{path[-1]}]] in double brackets." if isinstance(value, dict) and len(path) == 1 else None
    yield Finding(path, "expected a list", double or "Put it in [ ].", None if double else value)


def _other(path: Path, _context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    yield Finding(path, "is not valid", None, value)


def _too_few(path: Path, context: dict[str, Any], value: Any, _raw: Any) -> Iterator[Finding]:
    if not isinstance(value, list) or len(value) < context["min_length"]:  # otherwise its elements are told to be wrong
        yield Finding(path, f"needs at least {context['min_length']}")


_TELLERS: Final[Mapping[str, Teller]] = {
    PROBLEM: _own,
    "missing": _missing,
    "extra_forbidden": _unknown,
    "enum": _choice,
    "literal_error": _choice,
    "union_tag_invalid": _kind,
    "union_tag_not_found": _kind,
    "model_type": _table,
    "model_attributes_type": _table,
    "dict_type": _table,
    "tuple_type": _list,
    "list_type": _list,
    "int_type": _says("expected a whole number"),
    "int_from_float": _says("expected a whole number"),
    "float_type": _says("expected a number"),
    "finite_number": _says("expected a finite number"),
    "bool_type": _says("expected true or false"),
    "string_type": _says("expected a text in quotes"),
    "greater_than": _says("must be greater than {gt}"),
    "greater_than_equal": _says("must be at least {ge}"),
    "less_than": _says("must be less than {lt}"),
    "less_than_equal": _says("must be at most {le}"),
    "string_too_short": _says("is empty", shows=False),
    "too_short": _too_few,
}


def models_at(path: Path, raw: Any) -> tuple[type[Table], ...]:
    """Return the models that the table at the path may be; for a metric, the one of its source."""
    models: tuple[type[Table], ...] = (Settings,)
    node = raw
    for part in path:
        node = at(node, (part,))
        if isinstance(part, int):
            models = _of_kind(models, node)
            continue
        annotations = [_fields(model)[part].annotation for model in models if part in _fields(model)]
        models = tuple(dict.fromkeys(model for each in annotations for model in _tables(each))) or models
    return models


def _of_kind(models: tuple[type[Table], ...], node: Any) -> tuple[type[Table], ...]:
    keys = [key for key, kinds in _KINDS.values() if models[0] in kinds]
    if not keys or not isinstance(node, dict):
        return models
    given = node.get(keys[0])
    return tuple(model for model in models if given in get_args(_fields(model)[keys[0]].annotation)) or models


def _fields(model: type[Table]) -> Mapping[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _tables(annotation: Any) -> Iterator[type[Table]]:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for each in get_args(annotation):
        yield from _tables(each)


def table_of(annotation: Any) -> type[Table] | None:
    """Return the model of a field that is a single table, None when it is something else."""
    parts = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, Table)]
    return parts[0] if parts else None
