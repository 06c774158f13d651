"""The reference of all settings as Markdown, made from the schema, so that it cannot say anything else."""

from __future__ import annotations

import json
from typing import Any, Final

from pytest_deploycheck.settings.schema import Settings

HEAD: Final = """# Settings

Every key of `deploycheck.toml` (or of `[tool.deploycheck]` in `pyproject.toml`). Generated from the schema:
`python -m pytest_deploycheck.settings.reference > docs/settings.md`.

- `${VAR}` and `${VAR:-default}` work in every text; an unset or empty variable without a default is an error.
- `DEPLOYCHECK_SECTION__KEY=value` overrides a key of `[service]`, `[database]`, `[sentry]`, `[verdict]`,
  `[deployment]`, `[reports]` or `[run]`.
- Durations are written `500ms`, `5s`, `15m`, `2h`, `7d`, `4w`; sizes `512KiB`, `1MiB`.
- A **ladder** is a table from level to condition:
  `{ low = ">= 0.5%", medium = "> 1%", critical = "> 5%", rollback = "> 10%" }`.
  Levels are low, medium, high, critical and rollback; a worse level must be harder to reach. Conditions: `> 5`, `>= 5`,
  `< 5`, `<= 5`, `== 5`, `!= 5`, `outside 5..20`, `inside 5..20`, with units (`500ms`, `1%`, `10/min`, `1GiB`), against
  the baseline (`> +30%`, `>= 2x baseline`, `>= 2x baseline (floor 0.5%)`, `outside -20%..+20% of baseline`) and
  against a capacity (`> 80% of capacity`). A bare number is in the metric's unit.
- An **expected value** is a scalar, a list (of which one must match), or one of `{ condition = "> 10" }`,
  `{ matches = "regex" }`, `{ exists = true }`.
"""
INSIDE: Final = {
    "Step": "step (a table inside)",
    "Expect": "expect (a table inside)",
    "Orphans": "orphans (a table inside)",
    "Cascade": "cascade (a table inside)",
    "Deleted": "deleted (a table inside)",
    "Audited": "audited (a table inside)",
    "Gapless": "gapless (a table inside)",
    "Steady": "steady (a table inside)",
    "Unique": "unique (a table inside)",
    "Linked": "linked (a table inside)",
    "Recompute": "recompute (a table inside)",
    "ForeignKeys": "`[database.foreign_keys]`",
    "HealthLimits": "`[database.health]`",
    "OnRollback": "`[verdict.on_rollback]`",
    "Restore": "`[verdict.on_rollback.restore]`",
    "Hours": "hours (a table inside)",
    "EscalationStep": "escalationstep (a table inside)",
    "Shift": "shift (a table inside)",
    "Audit": "`[analysis.audit]`",
    "RecordLines": "`[records.lines]`",
    "ChecklistLine": "lines (a table inside)",
}


def markdown() -> str:
    """Return the whole page."""
    schema = Settings.model_json_schema()
    parts = [HEAD, "## Top level\n", _table(schema, schema)]
    for name, described in schema["properties"].items():
        for title, section in _sections(name, described, schema):
            parts += [f"## {title}\n", section.get("description", "").strip() + "\n", _table(section, schema)]
    for name, title in INSIDE.items():
        section = schema["$defs"][name]
        parts += [
            f"## {title}\n",
            section.get("description", "") + "\n",
            _table(section, schema),
        ]
    return "\n".join(parts)


def _sections(name: str, described: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    options = [option for option in described.get("anyOf", ()) if option.get("type") != "null"]
    one, brackets = _resolved(options[0] if options else described, schema), f"`[{name}]`"
    if "items" in described:
        items, brackets = described["items"], f"`[[{name}]]`"
        choices = items.get("oneOf")
        if choices:
            tables = [_resolved(choice, schema) for choice in choices]
            key = items["discriminator"]["propertyName"]
            return [(f"{brackets} with {key} = {table['properties'][key]['const']!r}", table) for table in tables]
        one = _resolved(items, schema)
    elif isinstance(described.get("additionalProperties"), dict):
        one, brackets = _resolved(described["additionalProperties"], schema), f"`[{name}.NAME]`"
    return [(brackets, one)] if "properties" in one else []


def _table(section: dict[str, Any], schema: dict[str, Any]) -> str:
    required = set(section.get("required", ()))
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, described in section["properties"].items():
        default = "**required**" if key in required else _default(described)
        meaning = described.get("description", "").replace("|", "\\|")
        rows.append(f"| `{key}` | {_type(described, schema)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _default(described: dict[str, Any]) -> str:
    default = described.get("default")
    return "" if default in (None, [], {}, "") else f"`{json.dumps(default, ensure_ascii=False)}`"


def _type(described: dict[str, Any], schema: dict[str, Any]) -> str:
    resolved = _resolved(described, schema)
    options = [option for option in resolved.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return " or ".join(dict.fromkeys(_type(option, schema) for option in options))
    choices = [resolved["const"]] if "const" in resolved else resolved.get("enum", [])
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if resolved.get("type") == "array":
        return f"list of {_type(resolved['items'], schema)}" if "items" in resolved else "list"
    kind = str(resolved.get("type", "any"))
    return {"object": "table", "string": "text", "boolean": "true or false"}.get(kind, kind)


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    only = described.get("allOf", [described])[0] if "allOf" in described else described
    reference = only.get("$ref")
    if reference is None:
        return only
    target: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return target


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201  # this is the page
