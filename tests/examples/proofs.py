"""Whether what is said to prove a row is there: one function for each kind of proof; between the ties and the page.

``by`` of an ``examples/*/coverage.toml`` reads ``kind: what``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import re
import shlex
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.cli import COMMANDS
from pytest_deploycheck.emitting import KINDS
from pytest_deploycheck.plugin.options import _SWITCHES, _VALUES
from pytest_deploycheck.settings.schema import Settings
from tests.examples.ledger import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_OPTIONS: Final = {flag for flag, *_ in (*_VALUES, *_SWITCHES)}
_HEADING: Final = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def complaint(by: str, raw: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a proof, None when it is there; ``raw`` are the settings of the example."""
    kind, colon, what = by.partition(": ")
    look = KINDS_OF_PROOF.get(kind) if colon else None
    if look is None:
        return f"{by!r} is none of {', '.join(f'{each}: …' for each in KINDS_OF_PROOF)}"
    return look(what.strip(), raw)


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield the test functions of a Python file, those of its classes included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node


def _command(what: str, _: Mapping[str, Any]) -> str | None:
    program, *words = shlex.split(what)
    looks = {"deploycheck": _deploycheck, "pytest": _pytest}
    return looks[program](words) if program in looks else f"no such command: {program}"


def _deploycheck(words: list[str]) -> str | None:
    if not words or words[0] not in COMMANDS:
        return f"deploycheck has no command {words[:1]}"
    parser = argparse.ArgumentParser(prog=f"deploycheck {words[0]}")
    COMMANDS[words[0]].load().add_arguments(parser)
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            parser.parse_args(words[1:])
    except SystemExit:
        return f"is refused: {told.getvalue().strip().splitlines()[-1]}"
    return None


def _pytest(words: list[str]) -> str | None:
    asked = [word.partition("=")[0] for word in words if word.startswith("--deploy")]
    unknown = [flag for flag in asked if flag not in _OPTIONS]
    return None if asked and not unknown else f"pytest has no option {unknown or '--deploy-…'}"


def _setting(what: str, raw: Mapping[str, Any]) -> str | None:
    schema = Settings.model_json_schema()
    keys = what.split(".")
    entries = raw.get(keys[0])
    if isinstance(entries, list):
        named = [each for each in entries if keys[1:2] == [str(each.get("id", each.get("name")))]]
        rest = keys[2:]
        if named:
            return None if not rest or rest[0] in named[0] else f"{keys[1]} has no {rest[0]}"
    return None if _in_schema(schema, schema, keys) else f"there is no setting {what}"


def _in_schema(node: Any, schema: dict[str, Any], keys: list[str]) -> bool:
    if not isinstance(node, dict):
        return False
    choices = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ()), node.get("items")]
    if "$ref" in node:
        choices.append(schema["$defs"][node["$ref"].rpartition("/")[2]])
    if any(_in_schema(choice, schema, keys) for choice in choices):
        return True
    if keys[0] in node.get("properties", {}):
        return len(keys) == 1 or _in_schema(node["properties"][keys[0]], schema, keys[1:])
    return len(keys) > 1 and _in_schema(node.get("additionalProperties"), schema, keys[1:])


def _report(what: str, _: Mapping[str, Any]) -> str | None:
    name = what.partition("#")[0].rpartition("/")[2].partition("*")[0].strip()
    return None if name and name in _sources() else f"nothing in the package writes {name!r}"


@cache
def _sources() -> str:
    """Return the texts of what writes reports."""
    rooms = ("reporting", "records", "analysis", "history", "notify", "plugin", "commands", "watch")
    paths = (path for room in rooms for path in sorted((ROOT / "pytest_deploycheck" / room).rglob("*.py")))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _test(what: str, _: Mapping[str, Any]) -> str | None:
    file, __, name = what.partition("::")
    path = ROOT / file
    if not path.is_file():
        return f"there is no file {file}"
    function = name.rpartition("::")[2].partition("[")[0]
    return None if function in {each.name for each in functions(path)} else f"{file} has no test {function!r}"


def _schedule(what: str, _: Mapping[str, Any]) -> str | None:
    kind = what.split(maxsplit=1)[0]
    return None if kind in KINDS else f"no schedule for {kind}"


def _docs(what: str, _: Mapping[str, Any]) -> str | None:
    file, __, anchor = what.partition("#")
    path = ROOT / file
    if not path.is_file():
        return f"there is no page {file}"
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(path.read_text("utf-8"))
    }
    return None if not anchor or anchor in anchors else f"{file} has no heading #{anchor}"


def _check(what: str, raw: Mapping[str, Any]) -> str | None:
    if "::" in what:
        return _test(what, raw)
    section, _, name = what.partition(".")
    entries = raw.get(section)
    found = [each for each in entries if each.get("id") == name] if isinstance(entries, list) else []
    return None if found and found[0].get("enabled", True) else f"the example has no check {what}"


KINDS_OF_PROOF: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str | None]]] = MappingProxyType(
    {
        "check": _check,
        "command": _command,
        "setting": _setting,
        "report": _report,
        "test": _test,
        "schedule": _schedule,
        "docs": _docs,
    }
)
