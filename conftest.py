"""Starts the demo when this repository's own deployment is to be judged: ``pytest --deploy-phase=first-hour``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent
SETTINGS: Final = ROOT / "deploycheck.toml"
URL: Final = "DEPLOYCHECK_DEMO_URL"
WATCHED: Final = "DEPLOYCHECK_WATCHED"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that breaks the demo."""
    parser.getgroup("deploycheck").addoption(
        "--demo-fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="start the demo with a fault; repeatable ('deploycheck demo fault --list' lists them)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Start the demo for a watch, whose ticks are runs of their own."""
    if config.getoption("deploy_watch", None) and not os.environ.get(WATCHED):
        _start_if_meant(config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the demo for a run; a tick of a watch finds it running."""
    if hasattr(config, "workerinput") or config.option.help:
        return
    if os.environ.get(WATCHED):
        config.option.deploy_allow_writes = config.option.deploy_allow_writes or bool(os.environ.get(URL))
    else:
        _start_if_meant(config)


def _start_if_meant(config: pytest.Config) -> None:
    """Start the demo, unless somebody else's deployment or a demo that runs already is meant."""
    faults = config.getoption("demo_fault")
    refusal = _why_no_demo(config)
    if refusal is None:
        _start(config, faults)
    elif faults:
        raise pytest.UsageError(f"--demo-fault: {refusal}")


def _why_no_demo(config: pytest.Config) -> str | None:
    """Return why no demo is started, None when one is."""
    if config.getoption("deploy_phase", None) is None:
        return "the demo is started only with --deploy-phase"
    chosen = config.getoption("deploy_config", None)
    if chosen is not None and Path(chosen).resolve() != SETTINGS:
        return f"--deploy-config names settings other than {SETTINGS.name}"
    if chosen is None and not _ours(config.invocation_params.dir):
        return "the settings found from here are another project's"
    if os.environ.get(URL):
        return f"{URL} names a demo that runs already; use 'deploycheck demo fault'"
    return None


def _ours(folder: Path) -> bool:
    """Tell whether a run in the folder takes this repository's settings; its checks also serve other projects."""
    from pytest_deploycheck.errors import SettingsError  # noqa: PLC0415  # only when a phase is asked for
    from pytest_deploycheck.settings.files import find  # noqa: PLC0415  # see above

    try:
        return find(folder).resolve() == SETTINGS
    except SettingsError:
        return False


def _start(config: pytest.Config, faults: list[str]) -> None:
    from pytest_deploycheck.demo.launch import start_demo  # noqa: PLC0415  # only when a demo is wanted
    from pytest_deploycheck.errors import DeploycheckError  # noqa: PLC0415  # see above

    now = datetime.now(UTC)
    try:
        demo = start_demo(faults)
    except DeploycheckError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(demo.stop)
    # the environment reaches the settings, and the workers of xdist
    environ = pytest.MonkeyPatch()
    config.add_cleanup(environ.undo)
    for name, value in demo.environ.items():
        environ.setenv(name, value)
    config.option.deploy_allow_writes = True
    config.option.deploy_version = config.option.deploy_version or demo.version
    config.option.deploy_id = config.option.deploy_id or f"demo-{now:%Y%m%dT%H%M%SZ}"
    config.option.deployed_at = config.option.deployed_at or now.isoformat()
