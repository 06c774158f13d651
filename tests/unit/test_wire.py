"""The codec keeps everything it is given, and takes nothing that it did not write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_deploycheck.errors import WireError
from pytest_deploycheck.model import (
    Attestation,
    CheckResult,
    Deployment,
    Judgement,
    Measurement,
    Reading,
    RunInfo,
    RunRecord,
    Step,
    Verdict,
)
from pytest_deploycheck.status import Confirms, Decision, Impact, OnFail, Severity, Status
from pytest_deploycheck.wire import (
    decode_attestation,
    decode_deployment,
    decode_record,
    decode_result,
    encode_attestation,
    encode_deployment,
    encode_record,
    encode_result,
    record_schema,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe_texts = st.none() | texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(timezones=st.just(UTC))
measurements = st.builds(
    Measurement,
    metric=texts,
    value=st.none() | st.booleans() | st.integers() | numbers | texts,
    unit=texts,
    n=st.none() | st.integers(0, 10**9),
    window=maybe_texts,
    source=texts,
    query=maybe_texts,
    target=maybe_texts,
    attempts=st.integers(1, 9),
    at=st.none() | moments,
    note=maybe_texts,
)
judgements = st.builds(
    Judgement,
    status=st.sampled_from(Status),
    reason=texts,
    severity=st.none() | st.sampled_from(Severity),
    condition=maybe_texts,
    baseline=st.none() | numbers,
)
readings = st.builds(Reading, measurement=measurements, judgement=judgements)
results = st.builds(
    CheckResult,
    id=texts,
    nodeid=texts,
    title=texts,
    severity=st.sampled_from(Severity),
    impact=st.sampled_from(Impact),
    status=st.sampled_from(Status),
    reason=texts,
    finding=st.none() | st.sampled_from(Severity),
    action=maybe_texts,
    runbook=maybe_texts,
    readings=st.lists(readings, max_size=3).map(tuple),
    detail=maybe_texts,
    duration=numbers,
    phases=st.lists(texts, max_size=2).map(tuple),
    on_fail=st.none() | st.sampled_from(OnFail),
    confirms=st.none() | st.sampled_from(Confirms),
    dry_run=st.booleans(),
    required=st.booleans(),
    attestation=maybe_texts,
)
records = st.builds(
    RunRecord,
    deployment=st.builds(Deployment, id=texts, deployed_at=moments, version=maybe_texts, explicit=st.booleans()),
    phase=texts,
    tick=st.integers(0, 10**9),
    verdict=st.builds(
        Verdict,
        decision=st.sampled_from(Decision),
        exit_code=st.integers(0, 255),
        rule=texts,
        summary=texts,
        path=st.lists(st.builds(Step, question=texts, answer=texts, because=texts), max_size=2).map(tuple),
        evidence=st.lists(texts, max_size=2).map(tuple),
    ),
    checks=st.lists(results, max_size=2).map(tuple),
    not_reported=st.lists(texts, max_size=2).map(tuple),
    attestations=st.lists(st.builds(Attestation, id=texts, by=texts, at=moments), max_size=2).map(tuple),
    service=texts,
    target=texts,
    run=st.builds(RunInfo, tool_version=texts, started_at=moments, finished_at=st.none() | moments, seconds=numbers),
)


def check(**measured: Any) -> CheckResult:
    """Return a check with one reading."""
    measurement = Measurement(**{"metric": "latency", "value": 0.5, "unit": "s", "at": NOON, **measured})
    judgement = Judgement(status=Status.FAIL, reason="too slow", severity=Severity.HIGH, condition="> 0.3 s")
    return CheckResult(
        id="endpoints.answers[health]",
        nodeid="checks/test_endpoints.py::test_answers[health]",
        title="It answers",
        severity=Severity.HIGH,
        impact=Impact.AVAILABILITY,
        status=Status.FAIL,
        readings=(Reading(measurement=measurement, judgement=judgement),),
    )


def run_of(*checks: CheckResult) -> RunRecord:
    """Return a record of these checks."""
    return RunRecord(
        deployment=Deployment(id="d1", deployed_at=NOON),
        phase="first-hour",
        tick=1,
        verdict=Verdict(decision=Decision.WATCH, exit_code=12, rule="a rule", summary="a summary"),
        checks=checks,
        run=RunInfo(tool_version="0.1.0", started_at=NOON),
    )


def value_after(result: CheckResult) -> object:
    """Return the measured value after a way over the wire."""
    return decode_result(encode_result(result)).readings[0].measurement.value


@settings(deadline=None, max_examples=50)
@given(results)
def test_a_result_survives_the_way(result: CheckResult) -> None:
    """A result comes back as it went; written again it is the same text, so 1, 1.0 and True stay apart."""
    text = encode_result(result)
    back = decode_result(text)
    assert (result, text) == (back, encode_result(back))


@settings(deadline=None, max_examples=30)
@given(records)
def test_a_record_survives_the_way_and_keeps_to_the_schema(record: RunRecord) -> None:
    """A record comes back as it went, and its text satisfies the published JSON Schema."""
    text = encode_record(record)
    jsonschema.Draft202012Validator(record_schema()).validate(json.loads(text))
    assert record == decode_record(text)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text is, the only error is WireError."""
    for decode in (decode_result, decode_record):
        with pytest.raises(WireError):
            decode(text)


def test_the_published_schema_is_up_to_date() -> None:
    """The schema in the package is the one that the code generates."""
    published = (files("pytest_deploycheck") / "schema" / "verdict.schema.json").read_text("utf-8")
    assert json.dumps(record_schema(), indent=2) + "\n" == published


def test_the_schema_is_a_schema_and_can_refuse() -> None:
    """The schema is valid itself and refuses a record without a verdict or with an unknown status."""
    jsonschema.Draft202012Validator.check_schema(record_schema())
    validator = jsonschema.Draft202012Validator(record_schema())
    tree = json.loads(encode_record(run_of(check())))
    bad_status = json.loads(encode_record(run_of(check())))
    bad_status["checks"][0]["status"] = "FINE"
    del tree["verdict"]
    assert [] == [broken for broken in (tree, bad_status) if validator.is_valid(broken)]


def test_the_file_has_the_published_shape() -> None:
    """The keys of the file are those that the documentation names, measurements flat."""
    tree = json.loads(encode_record(run_of(check())))
    keys = {"schema_version", "deployment", "phase", "tick", "verdict", "checks", "not_reported", "attestations", "run"}
    assert keys | {"service", "target", "rollback", "alerts"} == set(tree)
    measurement = tree["checks"][0]["measurements"][0]
    expected = ("latency", 0.5, "s", "> 0.3 s", "high", "FAIL", "2026-01-31T12:00:00Z")
    names = ("metric", "value", "unit", "condition", "severity", "status", "at")
    assert expected == tuple(measurement[name] for name in names)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (10**30, 10**30),
        (10**5000, "an integer of 16610 bits"),
        ("\ud800", "\\ud800"),
        ("\x00\x1b[31m", "\x00\x1b[31m"),
        (Decimal("1.5"), 1.5),
        (Decimal("NaN"), "NaN"),
        ([1], "[1]"),
    ],
    ids=["nan", "inf", "-inf", "big", "huge", "surrogate", "control", "decimal", "decimal-nan", "list"],
)
def test_unusual_values_survive(value: object, expected: object) -> None:
    """What JSON cannot hold becomes the nearest text or number, in a result and in a record."""
    assert expected == value_after(check(value=value))
    record = decode_record(encode_record(run_of(check(value=value))))
    assert expected == record.checks[0].readings[0].measurement.value


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", None])
def test_the_type_of_a_value_survives(value: object) -> None:
    """True, 1, 1.0 and "1" stay apart."""
    assert (type(value), value) == (type(value_after(check(value=value))), value_after(check(value=value)))


def test_surrogates_anywhere_in_a_record_survive() -> None:
    """Undecodable bytes in a name become visible escapes, whatever field holds them."""
    record = replace(run_of(check()), service="shop \udcff", not_reported=("a\ud800",))
    back = decode_record(encode_record(record))
    expected = ("shop \\udcff", ("a\\ud800",))
    assert expected == (back.service, back.not_reported)


def test_times_are_written_in_utc() -> None:
    """A time in another zone is converted, a naive one is taken for UTC."""
    east = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))
    naive = datetime(2026, 1, 31, 12)  # noqa: DTZ001  # what is tested
    expected = "2026-01-31T12:00:00Z"
    for moment in (east, naive):
        assert f'"at":"{expected}"' in encode_result(check(at=moment))
        record = replace(run_of(), deployment=Deployment(id="d", deployed_at=moment))
        assert expected == json.loads(encode_record(record))["deployment"]["deployed_at"]


def test_times_at_the_end_of_the_calendar_do_not_crash() -> None:
    """A time that has no UTC equivalent is written without conversion."""
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))
    assert "9999-12-31T23:59:59.999999Z" in encode_result(check(at=last))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema_version": 2}', "schema_version is 2, and this pytest-deploycheck reads 1"),
        ("{}", "schema_version is missing"),
        ('{"schema_version": true}', "schema_version is True"),
        ('{"schema_version": 1}', r"unreadable \(KeyError\)"),
        ('{"schema_version": 1, "checks": [7]}', "unreadable"),
        ("[" * 100_000, "unreadable"),
        ('{"schema_version": 1, "checks": NaN}', "unreadable"),
    ],
    ids=["newer", "empty", "bool", "cut", "not-a-check", "deep", "nan"],
)
def test_unreadable_records_say_why(text: str, message: str) -> None:
    """A record of another version or with a wrong shape is refused with one sentence."""
    with pytest.raises(WireError, match=message):
        decode_record(text)


def test_a_result_of_another_version_is_refused() -> None:
    """A worker of another version is not misunderstood."""
    newer = encode_result(check()).replace('"schema_version":1', '"schema_version":2')
    with pytest.raises(WireError, match="schema_version is 2"):
        decode_result(newer)


def test_the_error_never_shows_the_text() -> None:
    """The message names the place, and none of the content, which may be secret."""
    broken = encode_result(check()).replace('"FAIL"', '"hunter2"')
    with pytest.raises(WireError, match=r"check\.status") as caught:
        decode_result(broken)
    assert "hunter2" not in str(caught.value)


def test_unknown_keys_are_ignored() -> None:
    """A file with further keys, from a later release of the same version, is still read."""
    tree = json.loads(encode_record(run_of(check())))
    tree["checks"][0]["later"] = tree["later"] = 1
    assert run_of(check()) == decode_record(json.dumps(tree))


def test_what_is_no_model_value_is_refused() -> None:
    """A result whose field has a wrong type that nothing can stand for is an error of ours, not a crash."""
    wrong: Any = "not a status"
    with pytest.raises(WireError):
        decode_result(encode_result(replace(check(), status=wrong)))


def test_attestations_and_deployments_survive_the_way() -> None:
    """Both come back as they went, on one line, with their times in UTC."""
    east = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))
    attestation = Attestation(id="can-wait", by="Ada\nL.", at=east, note="until noon", expires=NOON)
    deployment = Deployment(id="d1", deployed_at=east, version="4.2", deployed_at_known=False)
    lines = encode_attestation(attestation), encode_deployment(deployment)
    assert (attestation, deployment) == (decode_attestation(lines[0]), decode_deployment(lines[1]))
    assert [] == [line for line in lines if "\n" in line or "+02:00" in line]


@pytest.mark.parametrize("text", ["", "[]", "null", '{"id": 1}', "\ud800"])
def test_unreadable_attestations_and_deployments_are_refused(text: str) -> None:
    """Whatever the line is, the only error is WireError."""
    for decode in (decode_attestation, decode_deployment):
        with pytest.raises(WireError):
            decode(text)
