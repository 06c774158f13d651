"""Rules across keys: each broken one is told at its place with what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_deploycheck.errors import SettingsProblem
from pytest_deploycheck.settings.schema import Settings

Load = Callable[..., Settings]
Problems = Callable[..., list[SettingsProblem]]

DATABASE = '[database]\ndsn = "postgresql://app:pass-w0rd@db/app"\n'
LOG = '[[log]]\nid = "b"\npath = "b"\n[[metric]]\nid = "a"\nsource = "log"\nlog = "b"\n'
NO_TOKEN = '[service]\nbase_url = "http://service.internal"\n'
_CPU = '[[metric]]\nid = "b"\nsource = "host"\nquery = "cpu"'
FLOW = '[[flow]]\nid = "f"\n'

BROKEN = {
    "an id twice": (
        '[[endpoint]]\nid = "a"\npath = "/"\n[[endpoint]]\nid = "a"\npath = "/"',
        "endpoint[1] (a).id",
        "is used twice, first in endpoint[0]",
    ),
    "a metric and an integrity check of one id": (
        DATABASE + '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\n[[integrity]]\nid = "a"\nsql = "SELECT 1"',
        "integrity[0] (a).id",
        "is used twice, first in metric[0]",
    ),
    "an environment twice": (
        '[[environment]]\nname = "qa"\n[[environment]]\nname = "qa"',
        "environment[1] (qa).name",
        "is used twice",
    ),
    "integrity with nothing": (
        DATABASE + '[[integrity]]\nid = "a"',
        "integrity[0] (a)",
        "has none of orphans, cascade, sql, deleted, audited, gapless, steady, unique, linked, recompute",
    ),
    "integrity with both": (
        DATABASE + '[[integrity]]\nid = "a"\nsql = "SELECT 1"\norphans = { child = "a.b", parent = "b.id" }',
        "integrity[0] (a)",
        "has orphans and sql",
    ),
    "a dependency with two targets": (
        '[[dependency]]\nid = "a"\nurl = "http://x.internal"\ntcp = "x.internal:1"',
        "dependency[0] (a)",
        "has url and tcp",
    ),
    "json of a TCP address": (
        '[[dependency]]\nid = "a"\ntcp = "x.internal:1"\njson = { a = 1 }',
        "dependency[0] (a).json",
        "does not fit tcp",
    ),
    "TLS without an address": (
        '[[dependency]]\nid = "a"\npath = "/health"\ntls = true',
        "dependency[0] (a).tls",
        "does not fit path",
    ),
    "a metric of tickets without a tracker": (
        '[[metric]]\nid = "a"\nsource = "tickets"',
        "metric[0] (a)",
        "needs [tickets]",
    ),
    "a tracker without its project": (
        '[tickets]\ntracker = "github"\ntoken = "t0ken-t0ken"',
        "tickets.project",
        "is missing",
    ),
    "filing where nobody knows how": (
        '[tickets]\ntracker = "json"\nurl = "http://desk.internal"\ntoken = "t0ken-t0ken"\nfile = true',
        "tickets.file",
        "does not fit this tracker",
    ),
    "a job without a time": (
        '[[job]]\nid = "a"\nfile = "x"',
        "job[0] (a)",
        "needs either every or schedule",
    ),
    "a job of two places": (
        '[[job]]\nid = "a"\nfile = "x"\npath = "/jobs"\nquery = "last"\nevery = "1h"',
        "job[0] (a)",
        "has path and file",
    ),
    "a job of an unknown metric": (
        '[[job]]\nid = "a"\nmetric = "m"\nevery = "1h"',
        "job[0] (a).metric",
        "is no metric",
    ),
    "a job whose body is not read": (
        '[[job]]\nid = "a"\npath = "/jobs"\nevery = "1h"',
        "job[0] (a)",
        "needs path and query together",
    ),
    "a metric of Sentry without one": (
        '[[metric]]\nid = "a"\nsource = "sentry"\nquery = "events"',
        "metric[0] (a)",
        "needs [sentry]",
    ),
    "a denominator that is no metric": (
        '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\ndenominator = "b"',
        "metric[0] (a).denominator",
        "is no metric",
    ),
    "a denominator with a denominator": (
        '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\ndenominator = "a"',
        "metric[0] (a).denominator",
        "cannot be divided by",
    ),
    "a denominator of what a check measures": (
        '[[metric]]\nid = "a"\nsource = "check"\ndenominator = "b"\n' + _CPU,
        "metric[0] (a).denominator",
        'does not fit source = "check"',
    ),
    "a log that checks nothing": ('[[log]]\nid = "a"\npath = "a.log"', "log[0] (a)", "checks nothing"),
    "a log in two places": (
        '[[log]]\nid = "a"\npath = "a.log"\ndocker = "a"\nrequire = ["x"]',
        "log[0] (a)",
        "has path and docker",
    ),
    "a log of no time": (
        '[[log]]\nid = "a"\npath = "a.log"\nrequire = ["x"]\nsince = "1h"\nuntil = "2h"',
        "log[0] (a).until",
        "ends the time before since begins it",
    ),
    "a log in no time zone": (
        '[[log]]\nid = "a"\npath = "a.log"\nrequire = ["x"]\ntimezone = "Europe/Berln"',
        "log[0] (a).timezone",
        "is no time zone",
    ),
    "new errors of a tail": (
        '[[log]]\nid = "a"\npath = "a.log"\ntail = 5\nnew_errors = { low = ">= 1" }',
        "log[0] (a).tail",
        "does not fit new_errors",
    ),
    "a metric of no log": (
        '[[metric]]\nid = "a"\nsource = "log"\nlog = "b"\npattern = "x"',
        "metric[0] (a).log",
        "names no [[log]]",
    ),
    "a pattern and a level": (
        LOG + 'pattern = "x"\nlevel = "ERROR"',
        "metric[0] (a)",
        "needs one of pattern and level",
    ),
    "a share of nothing": (
        LOG + 'pattern = "x"\nof = "y"',
        "metric[0] (a).of",
        'fits per = "lines" only',
    ),
    "one tenant twice": (
        DATABASE + '[[tenant_isolation]]\nid = "a"\ntable = "t"\ntenant_column = "c"\nrole = "r"\n'
        'setting = "app.t"\ntenants = [1, "1"]',
        "tenant_isolation[0] (a).tenants",
        "names a tenant twice",
    ),
    "table and tables": (
        DATABASE + '[[tenant_isolation]]\nid = "a"\ntable = "t"\ntables = ["u"]\ntenant_column = "c"\nrole = "r"\n'
        'setting = "app.t"\ntenants = [1, 2]',
        "tenant_isolation[0] (a).tables",
        "does not fit beside table",
    ),
    "no setting": (
        DATABASE + '[[tenant_isolation]]\nid = "a"\ntenant_column = "c"\nrole = "r"\ntenants = [1, 2]',
        "tenant_isolation[0] (a)",
        "says neither setting nor claims",
    ),
    "claims without a tenant": (
        DATABASE + '[[tenant_isolation]]\nid = "a"\ntenant_column = "c"\nrole = "r"\ntenants = [1, 2]\n'
        'claims = { role = "authenticated" }',
        "tenant_isolation[0] (a).claims",
        "name no tenant",
    ),
    "a followed redirect": (
        '[[endpoint]]\nid = "a"\npath = "/"\nredirect = "/b"\nfollow_redirects = true',
        "endpoint[0] (a).redirect",
        "cannot be seen when redirects are followed",
    ),
    "a token that is not set": (
        NO_TOKEN + '[[endpoint]]\nid = "a"\npath = "/"\nauth = true',
        "endpoint[0] (a).auth",
        "needs service.bearer, which is not set",
    ),
    "no database": ('[[metric]]\nid = "a"\nsource = "sql"\nsql = "SELECT 1"', "metric[0] (a)", "needs a database"),
    "no OpenMetrics": (
        NO_TOKEN + '[[metric]]\nid = "a"\nsource = "openmetrics"\nquery = "value(up)"',
        "metric[0] (a).url",
        "is missing, and so is service.metrics",
    ),
    "an unknown capacity": (
        '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\ncapacity = "pool"',
        "metric[0] (a).capacity",
        "is not in service.capacity",
    ),
    "levels without their capacity": (
        '[[metric]]\nid = "a"\nsource = "host"\nquery = "cpu"\nlevels = { high = "> 80% of capacity" }',
        "metric[0] (a).levels.high",
        "needs capacity, which is not set",
    ),
    "an unknown parameter": (
        DATABASE + '[[metric]]\nid = "a"\nsource = "sql"\nsql = "SELECT 1 WHERE t > %(deployedat)s"',
        "metric[0] (a).sql",
        "unknown parameter",
    ),
    "an unknown phase": ('[phases.first-huor]\ninterval = "5m"', "phases.first-huor", "unknown phase"),
    "a window that ends first": (
        '[phases.first-week]\nwindow_end = "12h"',
        "phases.first-week",
        "the window ends before it starts",
    ),
    "a window of a routine": (
        '[phases.daily]\nwindow_end = "12h"',
        "phases.daily.window_end",
        "this phase has no window",
    ),
    "an unknown variable": (
        FLOW + 'steps = [{ name = "a", path = "/x", json = { list = ["{tokn}"] }, capture = { token = "t" } }]',
        "flow[0] (f).steps[0] (a).json.list[0]",
        "unknown variable {tokn}",
    ),
    "a variable used before it is captured": (
        FLOW + 'steps = [{ name = "a", path = "/x/{id}", capture = { id = "id" } }]',
        "flow[0] (f).steps[0] (a).path",
        "unknown variable {id}",
    ),
    "an unknown variable in the cleanup": (
        FLOW + 'steps = [{ name = "a", path = "/x" }]\ncleanup = [{ name = "b", path = "/{id}" }]',
        "flow[0] (f).cleanup[0] (b).path",
        "unknown variable {id}",
    ),
    "a date": (
        '[[endpoint]]\nid = "a"\npath = "/"\nmethod = "POST"\nbody = { day = 2024-01-01 }',
        "endpoint[0] (a).body.day",
        "is a date",
    ),
    "an endless number": (
        '[[endpoint]]\nid = "a"\npath = "/"\njson = { x = inf }',
        "endpoint[0] (a).json.x",
        "is no finite number",
    ),
    "a placeholder": (
        '[[attest]]\nid = "a"\nquestion = "Asked [NAME]?"',
        "attest[0] (a).question",
        "the placeholder [NAME] was left in",
    ),
}


@pytest.mark.parametrize(("text", "key", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_told_at_its_place(problems: Problems, text: str, key: str, message: str) -> None:
    """Each rule names the key and what is wrong, once and nothing else."""
    assert [(key, message)] == [(each.key, each.message) for each in problems(text)]


def test_rules_are_told_beside_wrong_types(problems: Problems) -> None:
    """A wrong type in an item does not hide what else is wrong with it."""
    found = problems('[[dependency]]\nid = "a"\nseverity = 3\n[[dependency]]\nid = "a"\ntcp = "x.internal:1"')

    assert {
        ("dependency[0] (a)", "has none of url, tcp, path, dns, redis"),
        ("dependency[0] (a).severity", "unknown severity"),
        ("dependency[1] (a).id", "is used twice, first in dependency[0]"),
    } == {(each.key, each.message) for each in found}


def test_the_same_id_may_stand_in_two_sections(load: Load) -> None:
    """Ids are unique within a section only."""
    settings = load('[[endpoint]]\nid = "a"\npath = "/"\n[[attest]]\nid = "a"\nquestion = "Well?"')

    assert ["a", "a"] == [item.id for item in settings.all_items()]


def test_variables_come_from_everywhere(load: Load) -> None:
    """Declared, captured and built-in variables are known; doubled braces are none."""
    settings = load(
        FLOW + 'variables = { mail = "a@b.internal" }\n'
        'steps = [{ name = "a", path = "/{run_id}", json = { mail = "{mail}", raw = "{{x}}" },'
        ' capture = { id = "id" } },'
        ' { name = "b", path = "/{id}", headers = { X-Id = "{uuid}" } }]\n'
        'cleanup = [{ name = "c", method = "DELETE", path = "/{id}" }]'
    )

    assert ["a", "b"] == [step.name for step in settings.flows[0].steps]
