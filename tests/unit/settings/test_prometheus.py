"""Settings about Prometheus that cannot be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = '[service]\nbase_url = "http://shop.internal"\n'
METRIC = '[[metric]]\nid = "errors"\nsource = "prometheus"\n'
RULE = '[[alert_rule]]\nid = "rule"\n'
URL = 'url = "http://prometheus.internal:9090"\n'


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        (METRIC + 'query = "x"\n', r"metric\[0\] \(errors\): needs a Prometheus"),
        (RULE + 'alert = "x"\n', "needs a Prometheus"),
        (METRIC + URL + 'query = "x"\nstep = "1s"\n', "step needs stat"),
        (METRIC + URL + 'query = "x"\nwindow = "1m"\n', "the window is not used"),
        (METRIC + URL + 'query = "x"\nexpect = ["a"]\n', "expect needs by"),
        (METRIC + URL + 'query = "rate(x[1m])"\nmax_age = "1m"\n', "max_age needs a plain selector"),
        (METRIC + URL + 'query = "x"\nusername = "u"\n', "needs username and password together"),
        (METRIC + URL + 'query = "x"\nusername = "u"\npassword = "p"\nbearer = "b"\n', "has bearer and username"),
        (RULE + URL + 'firing = "ignore"\n', "checks nothing"),
        ("[prometheus]\n", "prometheus.url"),
    ],
)
def test_problems(tmp_path: Path, rest: str, complaint: str) -> None:
    """Each is told before anything is measured."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(SERVICE + rest)
    with pytest.raises(SettingsError, match=complaint):
        load_settings(path, cwd=tmp_path, environ={})


def test_passwords_are_secret(tmp_path: Path) -> None:
    """Those of the section, and those of a metric."""
    path = tmp_path / "deploycheck.toml"
    login = 'username = "u"\npassword = "hush-{}"\n'
    path.write_text(f'{SERVICE}[prometheus]\n{URL}{login.format(1)}{METRIC}query = "x"\n{login.format(2)}')
    settings = load_settings(path, cwd=tmp_path, environ={})
    assert {"hush-1", "hush-2"} <= settings.secrets
    assert "hush" not in settings.model_dump_json()
