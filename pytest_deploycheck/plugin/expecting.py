"""From what the settings expect of an answer to an expectation that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.expectations import Expectation
from pytest_deploycheck.expected import Expected, expected_of
from pytest_deploycheck.flows import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.settings.items import Dependency, Endpoint


def expectation_of_endpoint(endpoint: Endpoint) -> Expectation:
    """Return what a declared endpoint has to answer."""
    return Expectation(
        status=endpoint.status,
        json=_rules(endpoint.json_rules),
        headers=_rules(endpoint.expect_headers),
        contains=endpoint.contains,
        excludes=endpoint.excludes,
        redirect=endpoint.redirect,
    )


def expectation_of_dependency(dependency: Dependency) -> Expectation:
    """Return what a declared dependency has to answer."""
    return Expectation(status=dependency.status, json=_rules(dependency.json_rules))


def step_of(step: Any) -> Step:
    """Return a declared step of a flow."""
    return Step(
        name=step.name,
        path=step.path,
        method=step.method,
        json=step.json_body,
        headers=tuple(step.headers.items()),
        bearer=step.bearer,
        expect=Expectation(
            status=step.expect.status,
            json=_rules(step.expect.json_rules),
            headers=_rules(step.expect.headers),
            contains=step.expect.contains,
            max_seconds=step.expect.max_seconds,
        ),
        capture=tuple(step.capture.items()),
    )


def _rules(rules: Mapping[str, Any]) -> tuple[tuple[str, Expected], ...]:
    return tuple((name, expected_of(_raw(rule))) for name, rule in rules.items())


def _raw(rule: Any) -> Any:
    """Return the rule in the form of the settings: the only key that is set, or the value itself."""
    for key in ("condition", "matches", "exists", "absent"):
        value = getattr(rule, key, None)
        if value is not None:
            return {key: str(value) if key == "condition" else value}
    return rule.equals
