"""Settings about alerts that cannot be meant, each told with its place and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.settings.telling.build import rules_of, specs_of
from pytest_deploycheck.status import Decision, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

HEAD = '[service]\nbase_url = "http://127.0.0.1:1"\n'
LOG = '[[channel]]\nid = "file"\ntype = "log"\n'
ANA = '[[contact]]\nid = "ana"\nname = "Ana"\n'


def load(folder: Path, text: str, **environ: str) -> Settings:
    """Return the settings of a text."""
    (folder / "deploycheck.toml").write_text(HEAD + text, encoding="utf-8")
    return load_settings(folder / "deploycheck.toml", cwd=folder, environ=environ)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LOG.replace('"log"', '"slak"'), "channel[0] (file).type: unknown type (got 'slak'). Did you mean \"slack\"?"),
        (LOG.replace('type = "log"', ""), "channel[0] (file).type: is missing. Choose from slack, pagerduty"),
        (LOG + 'webhok_url = "x"', "channel[0] (file).webhok_url: unknown key"),
        (LOG + LOG, "channel[1] (file).id: is used twice"),
        (LOG + 'fallback = "file"', "channel[0] (file).fallback: is the channel itself"),
        (LOG + 'fallback = "fil"', "channel[0] (file).fallback: is no channel (got 'fil'). Did you mean \"file\"?"),
        ('[[channel]]\nid = "s"\ntype = "slack"', "channel[0] (s): needs either webhook_url, or token with channel"),
        ('[[channel]]\nid = "s"\ntype = "slack"\ntoken = "xoxb-1"', "channel[0] (s): needs channel"),
        (
            '[[channel]]\nid = "s"\ntype = "slack"\nwebhook_url = "s3cret-no-url"',
            "channel[0] (s).webhook_url: ",
        ),
        (
            '[[channel]]\nid = "m"\ntype = "email"\nhost = "h"\nsender = "a b@c"\nto = ["x@y.z"]',
            "channel[0] (m).sender: no mail address",
        ),
        (
            '[[channel]]\nid = "m"\ntype = "email"\nhost = "h"\nsender = "a@b.c"\nto = ["x@y.z\\nBcc: q@r.s"]',
            "channel[0] (m).to[0]: no mail address",
        ),
        (
            (
                '[[channel]]\nid = "m"\ntype = "email"\nhost = "h"\nsender = "a@b.c"\nto = ["x@y.z"]\n'
                'security = "none"\n'
                'username = "u"\npassword = "s3cret-pass"'
            ),
            "channel[0] (m): would send the password in the clear",
        ),
        (
            LOG + '[[route]]\nid = "r"\nchannels = ["fil"]',
            "route[0] (r).channels[0]: is no channel (got 'fil'). Did you",
        ),
        (LOG + '[[route]]\nid = "r"\nchannels = ["file"]\non = ["never"]', "route[0] (r).on[0]: unknown value"),
        (LOG + '[[route]]\nid = "r"\nchannels = ["file"]\non_call = ["bob"]', "route[0] (r).on_call[0]: is no contact"),
        (
            LOG + '[[route]]\nid = "r"\nchannels = ["file"]\nhours = { timezone = "Europe/Berln" }',
            "route[0] (r).hours.timezone: unknown time zone (got 'Europe/Berln'). Did you mean \"Europe/Berlin\"?",
        ),
        (
            LOG + '[[route]]\nid = "r"\nchannels = ["file"]\nhours = { from = "9" }',
            "route[0] (r).hours.from: no time of day",
        ),
        ('[[maintenance]]\nid = "m"\nevery = "first sunday"', "maintenance[0] (m): is no window"),
        (
            '[[maintenance]]\nid = "m"\nevery = "sixth sunday"\nfrom = "02:00"\nto = "04:00"',
            "maintenance[0] (m).every: no day",
        ),
        (
            '[[maintenance]]\nid = "m"\nstart = "2026-03-02T09:00:00"\nend = "2026-03-03T09:00:00Z"',
            "maintenance[0] (m).start: no time with a zone",
        ),
        (
            '[[maintenance]]\nid = "m"\nstart = "2026-03-02T09:00:00Z"\nend = "2026-03-02T09:00:00Z"',
            "maintenance[0] (m).end: is not after start",
        ),
        (
            '[[maintenance]]\nid = "m"\nevery = "day"\nfrom = "02:00"\nto = "04:00"\nnotice = "1h"',
            "is announced nowhere",
        ),
        (ANA + '[[roster]]\nid = "r"\npeople = ["ana"]', "roster[0] (r): needs both people and start"),
        ('[[roster]]\nid = "r"', "roster[0] (r): names nobody"),
        (
            ANA + '[[roster]]\nid = "ana"\npeople = ["ana"]\nstart = "2026-03-02T09:00:00Z"',
            "is also the id of a contact",
        ),
        (
            ANA + '[[roster]]\nid = "r"\nshifts = [ { start = "2026-03-02T09:00:00Z", end = "2026-03-04T09:00:00Z", '
            'who = ["ana"] }, { start = "2026-03-03T09:00:00Z", end = "2026-03-05T09:00:00Z", who = ["ana"] } ]',
            "roster[0] (r).shifts: has two shifts from 2026-03-03 09:00 to 2026-03-04 09:00 UTC",
        ),
        (
            ANA + '[[roster]]\nid = "r"\ngaps = "error"\nshifts = [ { start = "2026-03-02T09:00:00Z", '
            'end = "2026-03-03T09:00:00Z", who = ["ana"] }, { start = "2026-03-04T09:00:00Z", '
            'end = "2026-03-05T09:00:00Z", who = ["bob"] } ]',
            "roster[0] (r).shifts: leaves nobody from 2026-03-03 09:00 to 2026-03-04 09:00 UTC",
        ),
        (ANA + 'slack = "@ana"', "contact[0] (ana).slack: no Slack member id"),
        ('[incident]\ncommander = "bob"', "incident.commander: is no contact, role or roster"),
        ('[incident]\nchannel_name = "#incident"', "incident.channel_name: no channel name"),
        (
            LOG + '[[escalation]]\nid = "e"\nsteps = [ { to = ["cto"], channels = ["file"] } ]',
            "escalation[0] (e).steps[0].to[0]: is no contact",
        ),
        (
            "[[route]]\nid = 5\nchannels = 3\n[[roster]]\npeople = 7\n[maintenance]\nx = 1",
            "route[0].id: expected a text",
        ),
    ],
)
def test_one_clear_problem(tmp_path: Path, text: str, problem: str) -> None:
    """The problem names the place, what is wrong and what to do, and no secret."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    shown = str(caught.value)
    assert problem in shown
    assert "s3cret" not in shown


def test_everything_has_defaults(tmp_path: Path) -> None:
    """A channel alone hears of everything high and worse."""
    rules = rules_of(load(tmp_path, LOG))
    (route,) = rules.routes
    assert (("file",), Severity.HIGH) == (route.channels, route.match.min_severity)
    assert (
        frozenset({Decision.WATCH, Decision.HOTFIX, Decision.ROLLBACK, Decision.ROLLBACK_NOW})
        == rules.incident.opens_on
    )


@pytest.mark.parametrize(("environ", "count"), [({}, 1), ({"SLACK_WEBHOOK_URL": "https://hooks.slack.test/T/B/x"}, 2)])
def test_an_optional_channel(tmp_path: Path, environ: dict[str, str], count: int) -> None:
    """A channel whose variable is missing is left out where it may be, and routes do without it."""
    text = '[[channel]]\nid = "s"\ntype = "slack"\nwebhook_url = "${SLACK_WEBHOOK_URL}"\noptional = true\n'
    settings = load(tmp_path, LOG + text + '[[route]]\nid = "r"\nchannels = ["s", "file"]', **environ)
    assert (count, count) == (len(specs_of(settings)), len(rules_of(settings).routes[0].channels))


def test_a_missing_variable_is_told(tmp_path: Path) -> None:
    """Without ``optional`` the missing variable is an error."""
    with pytest.raises(SettingsError, match="needs SLACK_WEBHOOK_URL, which is not set"):
        load(tmp_path, '[[channel]]\nid = "s"\ntype = "slack"\nwebhook_url = "${SLACK_WEBHOOK_URL}"\n')


def test_secrets_of_channels_are_known(tmp_path: Path) -> None:
    """What a channel keeps secret, no report shows, also when it stands in the file itself."""
    text = (
        '[[channel]]\nid = "a"\ntype = "pagerduty"\nrouting_key = "s3cret-key"\n'
        '[[channel]]\nid = "b"\ntype = "webhook"\nurl = "https://h.test/s3cret-path"\nsecret = "s3cret-mac"\n'
        'headers = { Authorization = "Bearer s3cret-token" }\n'
        '[[channel]]\nid = "c"\ntype = "apprise"\nurls = ["json://s3cret-host"]\n'
        '[[channel]]\nid = "d"\ntype = "plugin"\nplugin = "x"\noptions = { api_key = "s3cret-opt" }\n'
    )
    wanted = {
        "s3cret-key", "https://h.test/s3cret-path", "s3cret-mac", "s3cret-token", "json://s3cret-host", "s3cret-opt",
    }  # fmt: skip
    settings = load(tmp_path, text)
    assert wanted <= settings.secrets
    assert "s3cret" not in settings.model_dump_json(exclude={"channels": {3: {"options"}, 1: {"headers"}}})
