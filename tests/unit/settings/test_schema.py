"""The models: what a key becomes, which values it refuses, and the schema for editors."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest

from pytest_deploycheck.commands.config import schema
from pytest_deploycheck.errors import SettingsProblem
from pytest_deploycheck.settings.integrity import Integrity
from pytest_deploycheck.settings.metrics import METRICS, HostMetric, OpenMetricsMetric
from pytest_deploycheck.settings.schema import Settings
from pytest_deploycheck.settings.show import effective
from pytest_deploycheck.status import Confirms, Decision, Impact, Policy, Severity

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[..., Settings]
Problems = Callable[..., list[SettingsProblem]]

EVERYTHING = """
plan_version = "7"
[service]
base_url = "http://service.internal"
headers = { Authorization = "Bearer t0p-s3cret" }
bearer = "t0p-s3cret"
metrics = "/metrics"
capacity = { pool = 40 }
version = { path = "/health", json = "version" }
max_body = "2MiB"
[database]
dsn = "postgresql://app:pass-w0rd@db.internal/app"
[[endpoint]]
id = "health"
path = "/health"
severity = "P0"
phases = ["1h", "any"]
due = "15m"
status = [200, 204]
json = { "checks.db.status" = "ok", n = { condition = "> 3" }, v = { matches = "^1" }, gone = { exists = false } }
expect_headers = { X-Frame-Options = "DENY", Server = { absent = true } }
latency = { medium = "> 500ms", critical = "> 2s" }
tls_expiry = { medium = "< 14d", critical = "< 2d" }
no_data = "warn"
[[flow]]
id = "login"
writes = true
steps = [{ name = "in", path = "/in", json = { a = 1 }, expect = { max_seconds = 1.5 }, capture = { t = "t" } }]
[[metric]]
id = "errors"
source = "openmetrics"
query = 'ratio(requests_total{status=~"5.."}, requests_total)'
levels = { medium = "> 1%", critical = "> 5%" }
window = "5s"
[[metric]]
id = "pool"
source = "http"
path = "/pool"
query = "used"
capacity = "pool"
levels = { high = "> 80% of capacity" }
[[metric]]
id = "disk"
source = "host"
query = "disk"
path = "/var"
[[metric]]
id = "failed"
source = "sql"
sql = "SELECT count(*) FROM t WHERE at > %(deployed_at)s"
[[integrity]]
id = "orphans"
orphans = { child = "dispatches.user_id", parent = "users.id" }
[[tenant_isolation]]
id = "customers"
table = "customers"
tenant_column = "tenant_id"
role = "app"
setting = "app.tenant_id"
tenants = [1, "b"]
[[dependency]]
id = "redis"
tcp = "redis.internal:6379"
[[log]]
id = "start"
path = "app.log"
require = ["[Ss]tarted"]
max_errors = { high = "> 5" }
[[attest]]
id = "tickets"
question = "Are the tickets read?"
[phases.first-hour]
window_end = "90m"
interval = "10m"
[verdict.exit_codes]
preset = "nagios"
PASS = 7
"""


@pytest.fixture
def everything(load: Load) -> Settings:
    """Settings with every section in use."""
    return load(EVERYTHING)


def test_items_come_in_the_order_of_the_sections(everything: Settings) -> None:
    """``all_items`` names every item once, each knowing its section."""
    expected = ["endpoint", "flow", *["metric"] * 4, "integrity", "tenant_isolation", "dependency", "log", "attest"]

    assert expected == [item.kind for item in everything.all_items()]


def test_values_have_their_types(everything: Settings) -> None:
    """Durations are seconds, sizes bytes, words enums, lists tuples, ladders ladders."""
    endpoint = everything.endpoints[0]

    assert (Severity.CRITICAL, Impact.AVAILABILITY, ("first-hour", "every-run"), 900.0, (200, 204), Policy.WARN) == (
        endpoint.severity,
        endpoint.impact,
        endpoint.phases,
        endpoint.due,
        endpoint.status,
        endpoint.no_data,
    )
    assert endpoint.latency is not None
    assert {"medium": "> 500ms", "critical": "> 2s"} == endpoint.latency.as_mapping()
    assert 2 * 1024 * 1024 == everything.service.max_body


def test_rules_of_json_and_headers_have_one_key(everything: Settings) -> None:
    """A plain value means equals, a table says what else."""
    endpoint = everything.endpoints[0]

    assert ["ok", None, None, None] == [rule.equals for rule in endpoint.json_rules.values()]
    assert ("^1", False) == (endpoint.json_rules["v"].matches, endpoint.json_rules["gone"].exists)
    assert ("DENY", True) == (
        endpoint.expect_headers["X-Frame-Options"].equals,
        endpoint.expect_headers["Server"].absent,
    )


def test_metrics_are_found_by_id_with_integrity_among_them(everything: Settings) -> None:
    """Levels are looked up by name in both sections."""
    assert isinstance(everything.metric("errors"), OpenMetricsMetric)
    assert isinstance(everything.metric("orphans"), Integrity)
    assert everything.metric("nothing") is None


def test_a_metric_has_the_unit_of_its_query(everything: Settings) -> None:
    """A ratio is in %, a host's resource too, unless something else is written."""
    assert ["%", "", "%", ""] == [metric.unit for metric in everything.metrics]


def test_a_leak_between_tenants_is_confirmed_by_default(everything: Settings) -> None:
    """A failing isolation check alone means ROLLBACK_NOW."""
    assert (Confirms.CROSS_TENANT, ("1", "b")) == (
        everything.tenant_isolation[0].confirms,
        everything.tenant_isolation[0].tenants,
    )


def test_phases_carry_the_overridden_times(everything: Settings) -> None:
    """Other presets stay as they are."""
    phase = everything.phases["first-hour"]

    assert (0.0, 5400.0, 600.0) == (phase.start, phase.end, phase.interval)
    assert 60.0 == everything.phases["first-minute"].end


def test_exit_codes_are_the_preset_with_own_ones_over_it(everything: Settings, load: Load) -> None:
    """What is not changed is not named."""
    assert (7, 1, 2, 3) == tuple(
        everything.exit_codes[each] for each in (Decision.PASS, Decision.WARN, Decision.ROLLBACK, Decision.INCONCLUSIVE)
    )
    assert {Decision.WATCH: 0} == load("[verdict.exit_codes]\nWATCH = 0").exit_codes


def test_own_checks_are_found_beside_the_file(load: Load, tmp_path: Path) -> None:
    """The default folder counts only when it exists."""
    assert () == load("").check_paths

    (tmp_path / "deploy_checks").mkdir()
    assert (tmp_path / "deploy_checks",) == load("").check_paths


WRONG = [
    ("service", 'timeout = "5 parsecs"', "no duration"),
    ("service", "timeout = -1", "must be longer than zero"),
    ("service", "concurrency = 0", "must be at least 1"),
    ("service", "concurrency = true", "expected a whole number"),
    ("service", "concurrency = 1.5", "expected a whole number"),
    ("service", 'verify_tls = "maybe"', "expected true or false"),
    ("service", 'max_body = "1 elephant"', "no size"),
    ("service", 'bearer = ""', "is empty"),
    ("service", "capacity = { pool = 0 }", "must be greater than 0"),
    ("service", 'capacity = { pool = "x" }', "expected a number"),
    ("service", 'headers = { "X Y" = "1" }', "no valid name of a header"),
    ("service", 'headers = { X = "a\\r\\nY: b" }', "a header cannot hold line breaks or control characters"),
    ("service", 'self_check = "http://x.internal"', "expected a list"),
    ("database", 'dsn = "mysql://h/d"', "no DSN of PostgreSQL"),
    (
        "database",
        'dsn = "host=x"\nconnections = { high = "> 5MB" }',
        "a size (MB) cannot be compared with a plain number",
    ),
    ("run", "check_timeout = inf", "is no finite number"),
    ("verdict", "exit_codes = { PASS = 256 }", "must be at most 255"),
    ("verdict", "exit_codes = { GO = 1 }", "unknown key"),
    ("verdict", 'exit_codes = { preset = "nagois" }', "unknown value"),
    ("reports", 'dir = ""', "is empty"),
    ("[endpoint]", 'id = "a b"\npath = "/"', "no valid id"),
    ("[endpoint]", f'id = "{"a" * 101}"\npath = "/"', "no valid id"),
    ("[endpoint]", 'id = "a"', "is missing"),
    ("[endpoint]", 'id = "a"\npath = "ftp://x"', "no valid URL"),
    ("[endpoint]", 'id = "a"\npath = "/"\nsamples = 201', "must be at most 200"),
    ("[endpoint]", 'id = "a"\npath = "/"\nstatus = 99', "must be at least 100"),
    ("[endpoint]", 'id = "a"\npath = "/"\nstatus = []', "needs at least 1"),
    ("[endpoint]", 'id = "a"\npath = "/"\nseverity = "rollback"', "unknown severity"),
    ("[endpoint]", 'id = "a"\npath = "/"\nmethod = "FETCH"', "unknown value"),
    (
        "[endpoint]",
        'id = "a"\npath = "/"\njson = { a = {} }',
        "needs exactly one of equals, condition, matches, exists",
    ),
    ("[endpoint]", 'id = "a"\npath = "/"\nlatency = {}', "no ladder"),
    (
        "[endpoint]",
        'id = "a"\npath = "/"\nlatency = { high = 3 }',
        "a condition is a text with an operator, such as '> 3'",
    ),
    ("[metric]", 'id = "a"\nsource = "host"\nquery = "cpu"\ncapacity = 0', "neither a number above 0 nor a name"),
    ("[metric]", 'id = "a"\nsource = "host"\nquery = "cpu"\nunit = "parsec"', "no unit: unknown unit 'parsec'"),
    ("[dependency]", 'id = "a"\ntcp = "redis"', "no TCP address"),
    ("[endpoint]", 'id = "a"\npath = "/"\njson = { "a..b" = 1 }', "no valid JMESPath"),
    ("[endpoint]", 'id = "a"\npath = "/"\njson = { a = { condition = ">> 1" } }', "no condition"),
    ("[endpoint]", 'id = "a"\npath = "/"\njson = { a = { condition = 1 } }', "a condition is a text"),
    ("[endpoint]", 'id = "a"\npath = "/"\ndue = -1', "a duration cannot be negative"),
    ("[endpoint]", 'id = "a"\npath = "/"\ndue = true', "no duration"),
    ("[endpoint]", 'id = "a"\npath = "/"\nlatency = 3', "no ladder"),
    ("[metric]", 'id = "a"\nsource = "openmetrics"\nurl = "/m"\nquery = "ratio(a)"', "no metric query"),
    ("[metric]", 'id = "a"\nsource = "host"\nquery = "cpu"\ncapacity = []', "neither a number above 0 nor a name"),
    ("[dependency]", 'id = "a"\ntcp = "redis:99999"', "no TCP address"),
    ("[log]", 'id = "a"\npath = "x"\nforbid = ["("]', "no valid regular expression"),
    ("[flow]", 'id = "a"\nsteps = []', "needs at least 1"),
    ("[flow]", 'id = "a"\nsteps = [{ name = "x", path = "x" }]', "neither a path nor a URL"),
    (
        "[flow]",
        'id = "a"\nsteps = [{ name = "x", path = "/", capture = { a-b = "x" } }]',
        "no valid name of a variable",
    ),
]


@pytest.mark.parametrize(("section", "text", "message"), WRONG)
def test_a_wrong_value_is_told_in_plain_words(problems: Problems, section: str, text: str, message: str) -> None:
    """One mistake is one problem, in the words of the settings."""
    prefix = '[service]\nbase_url = "http://service.internal"\n'
    (found,) = problems(prefix + text if section == "service" else f"{prefix}[{section}]\n{text}")

    assert found.message.startswith(message)
    assert found.key


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[endpoint]\nid = "a"', "Write [[endpoint]] in double brackets."),
        ("[[run]]\nconcurrency = 1", "Write [run] in single brackets."),
        ('[[endpoint]]\nid = "a"\npath = "/"\nlatncy = { high = "> 1s" }', 'Did you mean "latency"?'),
        ('[[endpoint]]\nid = "a"\npath = "/"\nphases = ["first-huor"]', 'Did you mean "first-hour"?'),
        ('[[endpont]]\nid = "a"', 'Did you mean "endpoint"?'),
    ],
)
def test_a_near_miss_gets_a_hint(problems: Problems, text: str, hint: str) -> None:
    """What was probably meant is said."""
    service = '[service]\nbase_url = "http://service.internal"\n'

    assert [hint] == [each.hint for each in problems(service + text)]


@pytest.mark.parametrize("source", METRICS, ids=lambda model: str(model.__name__))
def test_a_key_of_another_source_is_told_so(problems: Problems, source: type[Any]) -> None:
    """Each source has exactly its own keys."""
    name = get_args(source.model_fields["source"].annotation)[0]
    foreign = "sql" if "sql" not in source.model_fields else "query"
    found = problems(f'[[metric]]\nid = "a"\nsource = "{name}"\n{foreign} = "x"')

    assert "does not fit this source" in [each.message for each in found if each.key == f"metric[0] (a).{foreign}"]


def test_effective_settings_are_settings_again(everything: Settings) -> None:
    """What ``config show`` prints means the same, apart from the masked secrets."""
    shown = effective(everything)
    again = Settings.model_validate(shown)

    assert everything.endpoints == again.endpoints
    assert everything.metrics == again.metrics
    assert everything.flows == again.flows
    assert shown == effective(again)


def test_effective_settings_show_no_secret(everything: Settings) -> None:
    """Secrets are masked, also inside a DSN and a header."""
    shown = effective(everything)

    assert not re.search("t0p-s3cret|pass-w0rd", str(shown))
    assert "postgresql://app:***@db.internal/app" == shown["database"]["dsn"]
    assert "10s" == shown["service"]["timeout"]


def test_the_schema_is_a_valid_schema_that_accepts_the_settings() -> None:
    """Editors that check a file against the schema agree with the loader."""
    jsonschema.Draft202012Validator.check_schema(schema())

    jsonschema.validate(tomllib.loads(EVERYTHING), schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "text", ["servce = 1", '[service]\nbase_url = "http://x"\ntimeout = "x"', '[service]\nbase_url = "x"\nnam = "x"']
)
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    """Unknown keys and malformed durations are marked in an editor."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema(), jsonschema.Draft202012Validator)


def test_every_key_of_the_schema_is_described() -> None:
    """An editor shows a sentence for each key."""
    models = [schema(), *schema()["$defs"].values()]
    assert all(model.get("description") or "enum" in model for model in models)
    bare = [
        f"{model['title']}.{name}"
        for model in models
        for name, key in model.get("properties", {}).items()
        if not key.get("description") and "$ref" not in key
    ]

    assert [] == bare


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("timeout", "7", 7.0),
        ("timeout", "1.5", 1.5),
        ("timeout", "2m", 120.0),
        ("concurrency", "3", 3),
        ("verify_tls", "no", False),
    ],
)
def test_a_variable_may_stand_for_a_number_or_a_switch(load: Load, key: str, value: str, expected: float) -> None:
    """A text that is wholly a variable becomes what the key needs."""
    settings = load(f'[service]\nbase_url = "http://service.internal"\n{key} = "${{V}}"', {"V": value})

    assert expected == getattr(settings.service, key)


@pytest.mark.parametrize(("value", "expected"), [("40", 40.0), ("pool", "pool")])
def test_a_capacity_from_a_variable_is_a_number_or_a_name(load: Load, value: str, expected: float | str) -> None:
    """Both kinds of capacity may come from the environment."""
    service = '[service]\nbase_url = "http://service.internal"\ncapacity = { pool = 4 }\n'
    metric = '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\ncapacity = "${V}"'

    assert [expected] == [each.capacity for each in load(service + metric, {"V": value}).metrics]


def test_the_host_metric_may_name_a_disk() -> None:
    """The path of a disk belongs to the host's metric."""
    assert "/" == HostMetric(id="a", source="host", query="disk").path


def test_a_ladder_of_a_sql_metric_is_named_where_it_stands(problems: Problems) -> None:
    """The kind of a metric is no part of its key, although sql is the name of a key, too."""
    levels = 'levels = { high = "> 5", critical = "> 2" }'
    found = problems(f'[[metric]]\nid = "a"\nsource = "sql"\nsql = "SELECT 1"\n{levels}')
    assert "metric[0] (a).levels.critical" in [each.key for each in found]
