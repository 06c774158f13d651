"""Flows against a real server: captures, expectations, cleanup whatever happens, and no secret in any message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.expectations import Expectation
from pytest_deploycheck.expected import expected_of
from pytest_deploycheck.flows import FlowOutcome, Step, join_url, run_flow, same_origin, unknown_names
from pytest_deploycheck.sources.http import HttpSource
from tests.fix_http import Server, Talk, closed_port, forever

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import HttpAnswer, HttpAsk

TOKEN = "tok-4f9a8b7c6d"


class Shop:
    """A service with accounts, to log in to, order from and clean up."""

    def __init__(self) -> None:
        """Start empty."""
        self.orders: dict[str, Any] = {}
        self.seen: list[str] = []
        self.login_status = "200 OK"

    def answer(self, talk: Talk, request: bytes) -> None:
        """Answer one request."""
        head, _, body = request.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.seen.append(f"{method} {path}")
        if path == "/login":
            talk.answer(json.dumps({"token": TOKEN, "user": {"id": 7}}).encode(), self.login_status)
        elif f"Bearer {TOKEN}".encode() not in head:
            talk.answer(b'{"error": "who are you?"}', "401 Unauthorized")
        elif method == "POST":
            self.orders["A/1"] = json.loads(body)
            talk.answer(b'{"id": "A/1", "total": 12.5}', "201 Created")
        elif method == "DELETE":
            gone = self.orders.pop("A/1", None)
            talk.answer(b"", "204 No Content" if gone else "404 Not Found")
        else:
            talk.answer(f'{{"echo": "{TOKEN}"}}'.encode())


@pytest.fixture
def shop() -> Shop:
    """Give the service's state."""
    return Shop()


@pytest.fixture
def base_url(shop: Shop) -> Iterator[str]:
    """Give the running service's address."""
    with Server(forever(shop.answer)) as server:
        yield server.url


@pytest.fixture
def http() -> Iterator[HttpSource]:
    """Give a source."""
    source = HttpSource()
    yield source
    source.close()


LOGIN = Step(
    name="log in", method="POST", path="/login", json={"user": "u"}, capture=(("token", "token"), ("user", "user.id"))
)
ORDER = Step(
    name="order",
    method="POST",
    path="/orders",
    bearer="{token}",
    json={"user": "{user}", "note": "run {run_id}", "id": "{uuid}"},
    expect=Expectation(status=(201,), json=(("total", expected_of({"condition": "> 10"})),)),
    capture=(("order", "id"),),
)
LOOK = Step(
    name="look", path="/orders/{order}", bearer="{token}", expect=Expectation(json=(("echo", expected_of("x")),))
)
REMOVE = Step(
    name="remove", method="DELETE", path="/orders/{order}", bearer="{token}", expect=Expectation(status=(204,))
)


def test_a_flow_hands_values_from_step_to_step(shop: Shop, base_url: str, http: HttpSource) -> None:
    """Captured values arrive with their types, encoded where they must be, and the cleanup removes what was made."""
    outcome = run_flow([LOGIN, ORDER], [REMOVE], send=http.observe, base_url=base_url, run_id="r-1")
    assert outcome.problems == ()
    assert outcome.failed is None
    assert [(step.name, step.status, step.attempts) for step in outcome.steps] == [
        ("log in", 200, 1),
        ("order", 201, 1),
    ]
    assert shop.seen == ["POST /login", "POST /orders", "DELETE /orders/A%2F1"]
    assert shop.orders == {}
    assert outcome.seconds > 0
    assert TOKEN in outcome.secrets
    assert TOKEN not in repr(outcome)


def test_the_body_holds_filled_values(shop: Shop, base_url: str, http: HttpSource) -> None:
    """Numbers stay numbers, built-in names are known, and the uuid is one for the whole flow."""
    second = Step(name="again", method="POST", path="/orders", bearer="{token}", json={"id": "{uuid}"})
    run_flow([LOGIN, ORDER], send=http.observe, base_url=base_url, run_id="r-1")
    order = shop.orders["A/1"]
    assert (order["user"], order["note"], len(order["id"])) == (7, "run r-1", 32)
    run_flow([LOGIN, ORDER, second], send=http.observe, base_url=base_url)
    assert shop.orders["A/1"]["id"] != order["id"]


def test_a_flow_stops_at_the_first_failure_and_cleans_up(shop: Shop, base_url: str, http: HttpSource) -> None:
    """Later steps are not sent, the cleanup is, and the failure is the flow's, secrets hidden."""
    outcome = run_flow([LOGIN, ORDER, LOOK, LOOK], [REMOVE], send=http.observe, base_url=base_url)
    assert outcome.problems == ('step \'look\': echo is "***", expected "x"',)
    assert outcome.failed is outcome.steps[2]
    assert len(outcome.steps) == 3
    assert shop.seen[-1] == "DELETE /orders/A%2F1"


def test_a_token_in_the_answer_that_fails_is_hidden_too(shop: Shop, base_url: str, http: HttpSource) -> None:
    """The very step that would capture a token does not quote it."""
    shop.login_status = "500 Oops"
    outcome = run_flow([LOGIN, ORDER], [REMOVE], send=http.observe, base_url=base_url)
    assert "status 500, expected 200 to 399; the body begins with" in outcome.problems[0]
    assert TOKEN not in str(outcome.problems)
    assert outcome.cleanup[0].skipped == "order never got a value"


def test_a_failing_cleanup_does_not_hide_the_first_failure(base_url: str, http: HttpSource) -> None:
    """Both are reported, the flow's own failure first, and each cleanup step is tried."""
    outcome = run_flow([LOGIN, ORDER, LOOK], [REMOVE, REMOVE, REMOVE], send=http.observe, base_url=base_url)
    assert [line.split(":")[0] for line in outcome.problems] == ["step 'look'", "cleanup 'remove'", "cleanup 'remove'"]
    assert len(outcome.cleanup_problems) == 2
    assert outcome.failed is not None
    assert outcome.failed.name == "look"


def test_no_answer_ends_the_flow_with_its_error(http: HttpSource) -> None:
    """The source's error is kept beside the problem; a cleanup's is not taken for the flow's."""
    base_url = f"http://127.0.0.1:{closed_port()}"
    outcome = run_flow([LOGIN], [Step(name="tidy", path="/x")], send=http.observe, base_url=base_url)
    assert isinstance(outcome.error, NoAnswerError)
    assert "refused the connection" in outcome.problems[0]
    assert outcome.problems[1].startswith("cleanup 'tidy'")
    assert run_flow([], [LOGIN], send=http.observe, base_url=base_url).error is None


def test_an_interrupted_flow_is_cleaned_up_and_stays_interrupted(shop: Shop, base_url: str, http: HttpSource) -> None:
    """Ctrl-C in the middle runs the cleanup, and what goes wrong there is noted on the interruption."""

    def send(ask: HttpAsk) -> HttpAnswer:
        if ask.method == "GET":
            raise KeyboardInterrupt
        return http.observe(ask)

    with pytest.raises(KeyboardInterrupt) as caught:
        run_flow([LOGIN, ORDER, LOOK], [REMOVE, REMOVE], send=send, base_url=base_url)
    assert shop.orders == {}
    assert shop.seen[-2:] == ["DELETE /orders/A%2F1"] * 2
    assert caught.value.__notes__ == ["cleanup 'remove': status 404, expected 204; the body is empty"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("nothing.here", "nothing captured for v: 'nothing.here' finds nothing in the answer"),
        ("length(user)", None),
        ("abs(token)", "nothing captured for v: 'abs(token)' cannot be applied to this answer (JMESPathTypeError)"),
        ("a[", "nothing captured for v: 'a[' is no JMESPath"),
    ],
)
def test_a_capture_that_finds_nothing_fails_the_step(
    base_url: str, http: HttpSource, path: str, line: str | None
) -> None:
    """A missing value is a failure of the step that should have given it."""
    step = Step(name="s", method="POST", path="/login", capture=(("v", path),))
    problems = run_flow([step], send=http.observe, base_url=base_url).problems
    assert (problems == ()) if line is None else problems[0].startswith(f"step 's': {line}")


def test_a_capture_from_something_that_is_no_json_fails_the_step(http: HttpSource) -> None:
    """A page instead of JSON is said so."""
    with Server(forever(lambda talk, _: talk.answer(b"<html>"))) as server:
        step = Step(name="s", path="/", capture=(("v", "a"),))
        outcome = run_flow([step], send=http.observe, base_url=server.url)
    assert outcome.problems == ("step 's': nothing captured for v: the body is not JSON",)


def test_hostile_captures_cannot_change_the_next_request(http: HttpSource) -> None:
    """Line breaks, dots and empty values captured from a service are refused before anything is sent."""
    with Server(forever(lambda talk, _: talk.answer(b'{"crlf": "a\\r\\nX: 1", "up": "..", "none": ""}'))) as server:
        take = Step(name="take", path="/", capture=(("crlf", "crlf"), ("up", "up"), ("none", "none")))
        for bad in (
            Step(name="bad", path="/", bearer="{crlf}"),
            Step(name="bad", method="DELETE", path="/users/{up}"),
            Step(name="bad", method="DELETE", path="/users/{none}"),
            Step(name="bad", path="/{unknown}"),
        ):
            outcome = run_flow([take, bad], send=http.observe, base_url=server.url)
            assert outcome.problems[0].startswith("step 'bad': not sent: {")
        assert {request.split(b" ")[0] for request in server.requests} == {b"GET"}
        assert len(server.requests) == 4


def test_shared_headers_go_to_the_service_only(http: HttpSource) -> None:
    """An absolute address elsewhere gets none of the service's headers; a step's own header wins over a shared one."""
    with (
        Server(forever(lambda talk, _: talk.answer())) as service,
        Server(forever(lambda talk, _: talk.answer())) as other,
    ):
        steps = [Step(name="in", path="/x", headers=(("X-KEY", "own"),)), Step(name="out", path=f"{other.url}/y")]
        run_flow(steps, send=http.observe, base_url=service.url, headers=[("x-key", "shared"), ("X-Two", "two")])
        assert b"X-KEY: own" in service.requests[0]
        assert b"shared" not in service.requests[0]
        assert b"X-Two: two" in service.requests[0]
        assert b"X-Two" not in other.requests[0]


def test_a_number_in_a_header_is_a_secret_and_elsewhere_it_is_not(http: HttpSource) -> None:
    """A captured id is no secret; a captured PIN that is sent as a header is."""
    with Server(forever(lambda talk, _: talk.answer(b'{"id": 1234567, "pin": 987654}'))) as server:
        take = Step(name="take", path="/", capture=(("id", "id"), ("pin", "pin")))
        use = Step(name="use", path="/{id}", headers=(("X-Pin", "{pin}"),))
        assert run_flow([take, use], send=http.observe, base_url=server.url).secrets == ("987654",)


def test_unknown_names_are_found_before_anything_is_sent() -> None:
    """A name must be declared, built in, or captured earlier; the cleanup knows all that the steps capture."""
    late = Step(name="late", path="/{order}/{own}/{typo}", json={"{run_id}": "{uuid}"})
    assert unknown_names([late, LOGIN, ORDER], [REMOVE], {"own": 1}) == [("late", "order"), ("late", "typo")]


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://h", "/a", "http://h/a"),
        ("http://h/app/", "a?x=1", "http://h/app/a?x=1"),
        ("http://h/app", "/a", "http://h/app/a"),
        ("http://h", "https://other/a", "https://other/a"),
        ("http://h/app", "", "http://h/app"),
        ("http://h", "//other/a", "http://h/other/a"),
    ],
)
def test_paths_are_joined_below_the_base(base: str, path: str, url: str) -> None:
    """A path never leaves the service, an absolute URL may."""
    assert url == join_url(base, path)


def test_origins_are_compared_with_their_ports() -> None:
    """The scheme's own port may be written or not."""
    assert same_origin("https://h/a", "https://h:443/b")
    assert not same_origin("http://h/", "https://h/")
    assert not same_origin("http://h/", "http://h:81/")


def test_an_empty_flow_has_no_problems() -> None:
    """Nothing to do is an outcome too, and it names no steps."""
    assert FlowOutcome().problems == ()
    assert FlowOutcome().failed is None
