"""Loading: where the file is found, what wins, and that all problems are told at once, without a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_deploycheck.errors import SettingsError, SettingsProblem
from pytest_deploycheck.settings.load import _Loading, load_settings
from pytest_deploycheck.settings.rules import SECTIONS
from pytest_deploycheck.settings.schema import Settings

Load = Callable[..., Settings]
Problems = Callable[..., list[SettingsProblem]]

MINIMAL = '[service]\nbase_url = "http://service.internal/"\n'
ENVIRONMENTS = """
[service]
base_url = "http://production.internal"
headers = { X-App = "one", X-Other = "kept" }
[[environment]]
name = "staging"
base_url = "${STAGING_URL}"
dsn = "postgresql://app:pass-w0rd@staging/db"
headers = { X-App = "two" }
bearer = "staging-bearer"
[[environment]]
name = "qa"
base_url = "${QA_URL}"
"""


def test_the_smallest_file_has_every_default(load: Load) -> None:
    """A file with nothing but the service's address is complete."""
    settings = load(MINIMAL)

    assert ("http://service.internal", 10.0, 8, 1024 * 1024, None) == (
        settings.service.base_url,
        settings.service.timeout,
        settings.service.concurrency,
        settings.service.max_body,
        settings.database,
    )
    assert [] == list(settings.all_items())


def test_path_and_root_say_where_the_settings_are(load: Load, tmp_path: Path) -> None:
    """Relative paths in the settings start at the folder of the file."""
    settings = load(MINIMAL)

    assert (tmp_path / "deploycheck.toml", tmp_path) == (settings.path, settings.root)


def test_the_nearest_file_above_is_found(load: Load, tmp_path: Path) -> None:
    """Without a path the folders above are searched."""
    load(MINIMAL)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert tmp_path / "deploycheck.toml" == load_settings(None, cwd=below, environ={}).path


def test_the_search_ends_at_the_root_of_a_repository(load: Load, tmp_path: Path) -> None:
    """A file above the repository belongs to somebody else."""
    load(MINIMAL)
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)

    with pytest.raises(SettingsError, match="no settings found") as error:
        load_settings(None, cwd=repository, environ={})
    assert "base_url = " in str(error.value)


def test_pyproject_may_hold_the_settings(load: Load, tmp_path: Path) -> None:
    """``[tool.deploycheck]`` is read, and its keys are told with that prefix."""
    load('[tool.deploycheck.service]\nbase_url = "http://x.internal"', name="pyproject.toml")
    assert "http://x.internal" == load_settings(None, cwd=tmp_path, environ={}).service.base_url

    (tmp_path / "pyproject.toml").write_text('[tool.deploycheck.service]\nbase_url = "x"', "utf-8")
    with pytest.raises(SettingsError, match=r"pyproject\.toml: tool\.deploycheck\.service\.base_url: no valid URL"):
        load_settings(None, cwd=tmp_path, environ={})


def test_a_pyproject_of_something_else_is_passed_over(load: Load, tmp_path: Path) -> None:
    """A pyproject.toml that only mentions the table does not stop the search."""
    load(MINIMAL)
    below = tmp_path / "package"
    below.mkdir()
    (below / "pyproject.toml").write_text("# see tool.deploycheck above\n[project]\n", "utf-8")

    assert tmp_path / "deploycheck.toml" == load_settings(None, cwd=below, environ={}).path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = \n", r"line 1, column 5: no valid TOML"),
        (b"a = 1\na = 2", r"end of the file: no valid TOML: cannot overwrite a value"),
        (b"a = '\xff'", r"line 1: is not UTF-8"),
        (b"a = " + b"[" * 5000, r"no valid TOML \(RecursionError\)"),
        (b"a." * 5000 + b"a = 1", r"is nested too deeply"),
        (b"", r"service\.base_url: is missing"),
    ],
)
def test_a_file_that_is_no_toml_is_one_clear_error(tmp_path: Path, content: bytes, expected: str) -> None:
    """The place of a mistake in the file's form is told by line and column."""
    (tmp_path / "deploycheck.toml").write_bytes(content)

    with pytest.raises(SettingsError, match=rf"^deploycheck\.toml: {expected}"):
        load_settings(None, cwd=tmp_path, environ={})


@pytest.mark.parametrize("path", ["missing.toml", ".", "missing/deploycheck.toml", "nul\0byte"])
def test_what_is_no_file_is_one_clear_error(tmp_path: Path, path: str) -> None:
    """A missing file, a folder and an impossible path are told by name."""
    with pytest.raises(SettingsError) as error:
        load_settings(Path(path), cwd=tmp_path, environ={})
    assert [path.replace("\0", "\\x00")] == [problem.location for problem in error.value.problems]


def test_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    """A file saved by an editor on Windows is read."""
    (tmp_path / "deploycheck.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())

    assert "http://service.internal" == load_settings(None, cwd=tmp_path, environ={}).service.base_url


def test_the_chosen_environment_overrides_the_service(load: Load) -> None:
    """Address, DSN, token and headers come from the environment, what it does not name stays."""
    settings = load(ENVIRONMENTS, {"STAGING_URL": "http://staging.internal"}, environment="staging")

    assert settings.database is not None
    assert ("staging", "http://staging.internal", {"X-App": "two", "X-Other": "kept"}) == (
        settings.service.environment,
        settings.service.base_url,
        settings.service.headers,
    )
    assert "postgresql://app:pass-w0rd@staging/db" == settings.database.dsn.get_secret_value()
    assert {"pass-w0rd", "staging-bearer"} <= settings.secrets


def test_variables_of_other_environments_are_not_needed(load: Load) -> None:
    """A run in production needs no variable of staging."""
    assert "http://production.internal" == load(ENVIRONMENTS).service.base_url


def test_a_variable_that_the_environment_replaces_is_not_needed(load: Load) -> None:
    """What the chosen environment overrides need not be set."""
    text = '[service]\nbase_url = "${A}"\n[[environment]]\nname = "qa"\nbase_url = "http://qa.internal"\n'

    assert "http://qa.internal" == load(text, environment="qa").service.base_url


def test_problems_of_the_chosen_environment_are_told_where_they_stand(problems: Problems) -> None:
    """A missing variable is told once, with the key in the environment's table."""
    found = problems(ENVIRONMENTS, environment="qa")

    assert ["environment[1] (qa).base_url"] == [problem.key for problem in found]
    assert "needs QA_URL, which is not set" == found[0].message


def test_an_unknown_environment_is_told_with_the_nearest(problems: Problems) -> None:
    """Checking the wrong target under another name is not possible."""
    found = problems(ENVIRONMENTS, environment="stagin")

    assert [("command line", 'Did you mean "staging"?')] == [(each.location, each.hint) for each in found]


def test_an_environment_without_a_table_is_unknown(problems: Problems) -> None:
    """A name that the settings know nothing about is an error, not a label."""
    assert ["unknown environment"] == [each.message for each in problems(MINIMAL, environment="staging")]


def test_the_later_source_wins(load: Load) -> None:
    """File, environment variable, command line: each overrides the one before."""
    text = MINIMAL + 'name = "file"\n[reports]\ndir = "file"\n[run]\nconcurrency = 1\n'
    environ = {"DEPLOYCHECK_REPORTS__DIR": "variable", "DEPLOYCHECK_RUN__CONCURRENCY": "2"}
    settings = load(text, environ, overrides={"run.concurrency": 3, "reports.html": None})

    assert ("file", "variable", 3, True) == (
        settings.service.name,
        settings.reports.dir,
        settings.run.concurrency,
        settings.reports.html,
    )


def test_a_variable_of_the_environment_can_stand_for_a_whole_section(load: Load) -> None:
    """Without [database] in the file the DSN may come from a variable, and is a secret."""
    settings = load(MINIMAL, {"DEPLOYCHECK_DATABASE__DSN": "postgresql://app:pass-w0rd@db/app"})

    assert settings.database is not None
    assert "pass-w0rd" in settings.secrets


def test_a_value_from_a_variable_is_taken_as_it_is(load: Load) -> None:
    """A password with ``${`` in it is no reference."""
    settings = load(MINIMAL, {"DEPLOYCHECK_SERVICE__BEARER": "a${b}c"})

    assert settings.service.bearer is not None
    assert "a${b}c" == settings.service.bearer.get_secret_value()


@pytest.mark.parametrize(
    ("environ", "overrides", "expected"),
    [
        ({"DEPLOYCHECK_SERVICE__BASE_ULR": "x"}, {}, ("environment", 'Did you mean "DEPLOYCHECK_SERVICE__BASE_URL"?')),
        ({"DEPLOYCHECK_ENDPOINT__PATH": "x"}, {}, ("environment", None)),
        ({}, {"reports.dri": "x"}, ("command line", 'Did you mean "reports.dir"?')),
    ],
)
def test_an_unknown_override_is_an_error(
    problems: Problems, environ: dict[str, str], overrides: dict[str, str], expected: tuple[str, str | None]
) -> None:
    """A misspelt override never has no effect silently."""
    (found,) = problems(MINIMAL, environ, overrides=overrides)

    assert (expected[0], "no such setting") == (found.location, found.message)
    assert expected[1] in {None, found.hint}


def test_plain_variables_of_the_package_are_left_alone(load: Load) -> None:
    """Variables without two underscores belong to others, empty ones are not set."""
    environ = {"DEPLOYCHECK_DEMO_URL": "x", "DEPLOYCHECK_SERVICE__BASE_URL": ""}

    assert "http://service.internal" == load(MINIMAL, environ).service.base_url


def test_a_wrong_override_is_told_where_it_came_from(problems: Problems) -> None:
    """The message names the variable, not the file."""
    (found,) = problems(MINIMAL, {"DEPLOYCHECK_RUN__CONCURRENCY": "many"})

    assert ("environment", "DEPLOYCHECK_RUN__CONCURRENCY", "'many'") == (found.location, found.key, found.value)


def test_all_problems_are_told_at_once(problems: Problems) -> None:
    """Each mistake is one line with file, key, value and remedy, in the order of the file."""
    found = problems("""
[service]
base_url = "http://service.internal"
tiemout = "5s"
[[endpoint]]
id = "health"
path = "health"
severity = "critcal"
[[metric]]
id = "error_rate"
source = "host"
query = "cpu"
sql = "SELECT 1"
levels = { medium = "> 5%", high = "> 1%" }
[[metric]]
id = "pool"
source = "opnmetrics"
[phases.first-huor]
interval = "5m"
[run]
check_timeout = "0s"
""")

    assert [
        'deploycheck.toml: service.tiemout: unknown key. Did you mean "timeout"?',
        "deploycheck.toml: endpoint[0] (health).severity: unknown severity (got 'critcal'). Did you mean \"critical\"?",
        (
            "deploycheck.toml: endpoint[0] (health).path: neither a path nor a URL (got 'health'). "
            'Start it with a slash: "/health".'
        ),
        (
            "deploycheck.toml: metric[0] (error_rate).levels.high: inverted: high (> 1%) is reached before "
            "medium (> 5%), which never counts (got '> 1%')."
        ),
        'deploycheck.toml: metric[0] (error_rate).sql: does not fit this source. It belongs to source = "sql".',
        "deploycheck.toml: metric[1] (pool).source: unknown source (got 'opnmetrics'). Did you mean \"openmetrics\"?",
        'deploycheck.toml: phases.first-huor: unknown phase. Did you mean "first-hour"?',
        "deploycheck.toml: run.check_timeout: must be longer than zero (got '0s').",
    ] == [str(problem) for problem in found]


def test_a_missing_variable_is_told_with_the_key_that_needs_it(problems: Problems) -> None:
    """Only that: a value that is not there is not found wrong as well."""
    found = problems('[service]\nbase_url = "${URL}"\n[database]\ndsn = "${DATABASE_URL}"\nstatement_timeout = "${T}"')

    assert [
        ("service.base_url", "needs URL, which is not set"),
        ("database.dsn", "needs DATABASE_URL, which is not set"),
        ("database.statement_timeout", "needs T, which is not set"),
    ] == [(each.key, each.message) for each in found]


def test_a_switched_off_item_needs_no_variables(load: Load) -> None:
    """What is switched off may lack its variables; the other items keep their place in messages."""
    settings = load('[[endpoint]]\nid = "a"\npath = "${P}"\nenabled = false\n[[endpoint]]\nid = "b"\npath = "/"')

    assert ["b"] == [endpoint.id for endpoint in settings.endpoints]


def test_a_switched_off_item_does_not_shift_the_places(problems: Problems) -> None:
    """The index in a message is the one in the file."""
    (found,) = problems('[[endpoint]]\nid = "a"\npath = "${P}"\nenabled = false\n[[endpoint]]\nid = "b"\npath = "x"')

    assert "endpoint[1] (b).path" == found.key


SECRETS = [
    '[service]\nbase_url = "x y"\nbearer = "hunter2-hunter2"\n[[endpoint]]\nid = "hunter2-hunter2"\npath = "x"',
    '[service]\nbase_url = "http://me:hunter2-hunter2@x y"',
    '[database]\ndsn = "mysql://me:hunter2-hunter2@host/db"',
    '[database]\ndsn = "host=db password=\'hunter2-hunter2\' x"\nbearer = "hunter2-hunter2"',
    '[service]\nbase_url = "http://x.internal"\nheaders = { Authorization = "Bearer hunter2-hunter2\\u0007" }',
    '[service]\nbase_url = "http://x.internal"\nheaders = { "X-Api-Key" = "hunter2-hunter2\\n" }',
    '[[endpoint]]\nid = "a"\npath = "${API_TOKEN}"',
    '[[environment]]\nname = "qa"\ndsn = "hunter2-hunter2"\n',
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_message_holds_a_secret(problems: Problems, text: str) -> None:
    """Whatever is wrong with a secret or beside it: its text is not in the message."""
    found = problems(text, {"API_TOKEN": "hunter2-hunter2"})

    assert found
    assert "hunter2" not in "\n".join(map(str, found))


def test_messages_are_safe_for_a_terminal(problems: Problems) -> None:
    """An escape sequence in a key or a value is shown, not sent."""
    found = problems('"\\u001b[31m" = 1\n[service]\nbase_url = "http://x\\u001b]0;y\\u0007"\n')

    assert found
    assert not any("\x1b" in str(each) or "\x07" in str(each) for each in found)


def test_every_secret_of_the_settings_is_known(load: Load) -> None:
    """Tokens, passwords of DSNs (decoded, too), secret headers and secret variables are collected for redaction."""
    text = """
[service]
base_url = "http://service.internal"
name = "${API_KEY}"
bearer = "the-bearer"
secrets = ["further"]
headers = { Authorization = "Bearer head-token", X-Api-Key = "key-value", Accept = "text/plain" }
[database]
dsn = "postgresql://app:p%40ss@db/app"
read_replica_dsn = "host=replica password='quoted pass'"
[[flow]]
id = "login"
steps = [{ name = "in", path = "/in", capture = { token = "token" } }, { name = "out", path = "/", bearer = "{token}" }]
"""
    secrets = load(text, {"API_KEY": "env-key", "KEYCLOAK_URL": "x"}).secrets

    assert {"the-bearer", "further", "head-token", "key-value", "p%40ss", "p@ss", "quoted pass", "env-key"} <= secrets
    assert secrets.isdisjoint({"{token}", "text/plain", "", "x"})


def test_missing_check_paths_are_told(problems: Problems) -> None:
    """A folder of own checks that does not exist is never skipped silently."""
    (found,) = problems('deploy_checks = ["mine"]\n[service]\nbase_url = "http://x.internal"')

    assert ("deploy_checks[0]", "there is no such file or folder") == (found.key, found.message)


def test_a_thousand_endpoints_load(load: Load) -> None:
    """A large file loads, its items in their order."""
    text = "".join(
        f"[[endpoint]]\nid = 'e{n}'\npath = '/'\njson = {{ 'd{n}' = 'ok' }}\nlatency = {{ high = '> {n + 1}s' }}\n"
        for n in range(1000)
    )

    assert [f"e{n}" for n in range(1000)] == [endpoint.id for endpoint in load(text).endpoints]


TOML_VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["", "x", "/a", "${X}", "> 5", "5s", "http://x", "{token}", "${", "$${X}", "\x1b", "\ud7ff"]),
        st.integers(min_value=-(2**63), max_value=2**63 - 1),
        st.floats(),
        st.booleans(),
        st.dates(),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abid", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "id",
        "path",
        "json",
        "levels",
        "steps",
        "source",
        "query",
        "phases",
        "headers",
        "status",
        "sql",
        "tcp",
        "enabled",
        "name",
    ]
)
SECTION = st.one_of(TOML_VALUES, st.lists(st.dictionaries(KEYS, TOML_VALUES, max_size=5), max_size=3))


@given(
    raw=st.dictionaries(st.sampled_from([*SECTIONS, "service", "database", "phases", "environment", "run"]), SECTION)
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_hostile_tables_are_settings_or_a_settings_error(raw: dict[str, object]) -> None:
    """Whatever shape the tables have: either settings or the one error, never anything else."""
    loading = _Loading(Path("deploycheck.toml"), "deploycheck.toml", raw, {"X": "1"})
    try:
        settings = loading.settings({}, "x")
    except SettingsError as error:
        assert all(problem.message for problem in error.problems)  # noqa: PT017  # either outcome is fine
        assert "pydantic" not in str(error)  # noqa: PT017
    else:
        assert settings.service.base_url
