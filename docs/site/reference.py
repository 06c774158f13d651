"""The reference as Markdown, made from the code, so that it cannot say anything else; mkdocs asks for it."""

from __future__ import annotations

import argparse
import inspect
import json
import os
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck import hookspecs, wire
from pytest_deploycheck.cli import COMMANDS
from pytest_deploycheck.phases import PRESETS
from pytest_deploycheck.plugin import fixtures
from pytest_deploycheck.plugin.options import _SWITCHES, _VALUES, MARKERS
from pytest_deploycheck.settings.schema import NAGIOS
from pytest_deploycheck.status import Decision, Impact, Severity, Status
from pytest_deploycheck.verdict import EXIT_CODES
from pytest_deploycheck.verdict.rules import RULES, STRICT_WARN_EXIT_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

PYTEST_CODES: Final = {
    2: "the run was interrupted",
    3: "an internal error of pytest",
    4: "wrong usage, or wrong settings",
    5: "no test was collected",
}
GENERATED: Final = "Generated from the code when the site is built."


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    cells = [list(head)]
    cells.append(["---"] * len(cells[0]))
    cells += [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def commands() -> str:
    """Return the help of every command."""
    os.environ["COLUMNS"] = "100"
    parts = [f"# The command `deploycheck`\n\n{GENERATED} Every command ends with 4 when it was called wrongly.\n"]
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"deploycheck {name}", description=command.help)
        command.load().add_arguments(parser)
        parts += [f"## `{each.prog}`\n\n```text\n{each.format_help().rstrip()}\n```\n" for each in _with_inner(parser)]
    return "\n".join(parts)


def _with_inner(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in dict.fromkeys(action.choices.values()):
                yield from _with_inner(inner)


def options() -> str:
    """Return the options of pytest, the phases, the decisions and the exit codes."""
    values = [(f"`{flag} {metavar}`", text) for flag, metavar, text in _VALUES]
    switches = [(f"`{flag}`", text) for flag, text in _SWITCHES]
    decisions = [(f"`{each}`", EXIT_CODES[each], NAGIOS[each], "; ".join(_rules_of(each))) for each in Decision]
    return "\n".join(
        (
            f"# Options and exit codes\n\n{GENERATED} [Operating](../operating.md) explains them.\n",
            "## Options of pytest\n",
            table(("option", "meaning"), [*values, *switches]),
            "## Phases\n",
            ", ".join(f"`{name}`" for name in PRESETS) + ", or `auto` with `--deployed-at`.\n",
            "## Exit codes\n",
            f"With `--deploy-strict` WARN exits with {STRICT_WARN_EXIT_CODE}. `[verdict.exit_codes]` changes them.\n",
            table(("decision", "code", "nagios", "when (the first row that applies decides)"), decisions),
            table(("pytest's own code", "meaning"), PYTEST_CODES.items()),
        )
    )


def _rules_of(decision: Decision) -> list[str]:
    return [rule.text for rule in RULES if rule.decision is decision]


def python() -> str:
    """Return the markers, the fixtures, the hooks and the words that they take."""
    markers = [(f"`{name.strip()}`", text.strip()) for name, _, text in (line.partition(": ") for line in MARKERS)]
    words = [
        (kind.__name__.lower(), ", ".join(f"`{member.value}`" for member in kind))
        for kind in (Status, Severity, Impact)
    ]
    return "\n".join(
        (
            f"# Markers, fixtures, hooks\n\n{GENERATED} [Writing checks](../writing-checks.md) shows them at work.\n",
            "## Markers\n",
            table(("marker", "meaning"), markers),
            "## Words\n",
            table(("scale", "from good to bad"), words),
            "## Fixtures\n",
            table(("fixture", "gives", "what for"), _fixtures()),
            "## Hooks\n",
            "\n".join(_hooks()),
        )
    )


def _fixtures() -> Iterator[tuple[str, str, str]]:
    for name, found in sorted(vars(fixtures).items()):
        function = getattr(found, "__wrapped__", None)
        if function is not None and getattr(function, "__module__", "") == fixtures.__name__:
            gives = str(inspect.signature(function).return_annotation)
            yield f"`{name}`", f"`{gives}`", inspect.getdoc(function) or ""


def _hooks() -> Iterator[str]:
    for name, function in vars(hookspecs).items():
        if name.startswith("pytest_deploycheck_"):
            taken = ", ".join(map(str, inspect.signature(function).parameters.values()))
            yield f"### `{name}({taken})`\n\n{inspect.getdoc(function)}\n"


def verdict() -> str:
    """Return the fields of verdict.json, part by part, and its JSON Schema."""
    schema = wire.record_schema()
    parts = [
        f"# verdict.json\n\n{GENERATED} The [JSON Schema](../verdict.schema.json) has all of it for programs.\n",
        _described("The record", schema),
    ]
    parts += [_described(name, part) for name, part in schema.get("$defs", {}).items()]
    return "\n".join(parts)


def _described(name: str, part: Mapping[str, Any]) -> str:
    told = part.get("description", "").replace("\n", " ")
    if "properties" not in part:
        return f"## {name}\n\n{told}\n\n" + ", ".join(f"`{word}`" for word in part.get("enum", ())) + "\n"
    required = set(part.get("required", ()))
    rows = [(f"`{key}`", _type(field), "yes" if key in required else "") for key, field in part["properties"].items()]
    return f"## {name}\n\n{told}\n\n{table(('field', 'type', 'required'), rows)}"


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or field.get("const", "any"))


def schema() -> str:
    """Return the JSON Schema of verdict.json."""
    return json.dumps(wire.record_schema(), indent=2)


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "reference/commands.md": commands,
    "reference/options.md": options,
    "reference/python.md": python,
    "reference/verdict.md": verdict,
    "verdict.schema.json": schema,
}
