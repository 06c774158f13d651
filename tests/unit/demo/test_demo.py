"""The demo in its own process: every fault shows where it should, and is gone when it is cleared."""

from __future__ import annotations

import http.client
import json
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest

from pytest_deploycheck.demo.faults import FAULTS
from pytest_deploycheck.demo.launch import Control, RunningDemo, start_demo
from pytest_deploycheck.errors import NoAnswerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORPHANS = """
SELECT count(*) FROM dispatches d WHERE user_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = d.user_id)
"""
GAPS = """
SELECT count(*) FROM deleted_users d
WHERE NOT EXISTS (SELECT FROM audit_logs a WHERE a.action = 'USER_DELETION' AND a.entity_id = d.user_id)
"""
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
AGE = "SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0) FROM pg_stat_activity WHERE usename = 'demo_app'"


class Answer(NamedTuple):
    """What came back; status 0 is no answer at all."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Asks a demo over HTTP and SQL."""

    def __init__(self, demo: RunningDemo) -> None:
        """Remember the demo."""
        self.demo = demo
        self.admin = demo.facts["admin_key"]

    def ask(self, method: str, path: str, body: Any = None, token: str = "", timeout: float = 10) -> Answer:
        """Send one request and read at most 3 MB of the answer."""
        connection = http.client.HTTPConnection(urlsplit(self.demo.url).netloc, timeout=timeout)
        started = time.monotonic()
        headers = {"User-Agent": "pytest-deploycheck/test", "Authorization": f"Bearer {token}"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            content = response.read(3_000_000)
        except OSError:
            return Answer(0, {}, b"", time.monotonic() - started)
        finally:
            connection.close()
        return Answer(response.status, dict(response.getheaders()), content, time.monotonic() - started)

    def get(self, path: str, **more: Any) -> Answer:
        """Send a GET."""
        return self.ask("GET", path, **more)

    def sql(self, statement: str, *before: str) -> Any:
        """Return the single value of a statement, asked as the monitor."""
        with psycopg.connect(self.demo.dsn, application_name="deploycheck/test") as connection:
            for each in before:
                connection.execute(each.encode())
            row = connection.execute(statement.encode()).fetchone()
            assert row is not None
            return row[0]

    def mobile(self) -> tuple[int, int]:
        """Return how many mobile requests were counted, and how many of them failed."""
        text = self.get("/metrics").body.decode()
        counts = re.findall(r'http_requests_total\{.*status="(\d+)",client="mobile"\} (\d+)', text)
        return sum(int(n) for _, n in counts), sum(int(n) for status, n in counts if status >= "500")

    def login(self) -> str:
        """Log the probe in and return its token."""
        credentials = {"email": self.demo.facts["email"], "password": self.demo.facts["password"]}
        token: str = self.ask("POST", "/api/v1/auth/login", credentials).json["access_token"]
        return token


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a running demo that the module shares."""
    with start_demo() as demo:
        yield Client(demo)


@pytest.fixture
def healthy(client: Client) -> Iterator[Client]:
    """The demo without faults, before the test and after it."""
    assert () == client.demo.control.faults()
    yield client
    assert () == client.demo.clear()
    assert (200, "healthy") == (client.get("/health").status, client.get("/health").json["status"])


def tenants_customers(client: Client) -> int:
    """Return how many customers a tenant sees."""
    count: int = client.sql(
        "SELECT count(*) FROM customers", "SET LOCAL ROLE demo_app", "SET LOCAL app.tenant_id = 'acme'"
    )
    return count


def gauge(client: Client, name: str) -> float:
    """Return a gauge of the service."""
    found = re.search(rf"^{name} (.+)$", client.get("/metrics").body.decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])


SEEN: dict[str, Callable[[Client], object]] = {
    "slow=0.4": lambda c: c.get("/api/v1/projects", token=c.admin).seconds >= 0.4,
    "health-degraded": lambda c: c.get("/health").json["checks"]["redis"]["status"] == "unhealthy",
    "not-ready": lambda c: (c.get("/readiness").status, c.get("/readiness").json["ready"]) == (503, False),
    "wrong-version": lambda c: c.get("/health").json["version"] == "1.4.1",
    "wrong-version=7": lambda c: c.get("/health").json["version"] == "7",
    "down": lambda c: c.get("/health").status == 0,
    "hang": lambda c: c.get("/health", timeout=0.5).status == 0 and c.get("/", timeout=0.5).seconds >= 0.5,
    "db-down": lambda c: c.get("/health").status == 503 and c.get("/api/v1/projects", token=c.admin).status == 503,
    "pool-exhausted": lambda c: c.sql(CONNECTIONS) > 0.9 * (40 - 3 - 5),
    "long-query=0.3": lambda c: c.sql(AGE) > 0.3,
    "orphans": lambda c: (c.sql(ORPHANS), c.sql(GAPS)) == (12, 0),
    "orphans=3": lambda c: c.sql(ORPHANS) == 3,
    "audit-gap=2": lambda c: (c.sql(ORPHANS), c.sql(GAPS)) == (0, 2),
    "tenant-leak": lambda c: tenants_customers(c) == 1500,
    "memory-leak": lambda c: gauge(c, "process_resident_memory_bytes") > 210_000_000,
    "missing-header": lambda c: "x-frame-options" not in c.get("/health").headers,
    "missing-header=referrer-policy": lambda c: "referrer-policy" not in c.get("/health").headers,
    "admin-open": lambda c: c.get("/api/admin/monitoring").status == 200,
    "login-broken": lambda c: c.ask("POST", "/api/v1/auth/login", {}).status == 500,
    "write-broken": lambda c: c.ask("POST", "/api/v1/transactions", {"amount": 1}, c.admin).status == 500,
    "log-errors=9": lambda c: c.demo.log.read_text().count(" ERROR ") >= 9,
    "stale-backup": lambda c: gauge(c, "backup_age_seconds") > 50 * 3600,
    "garbage-json": lambda c: c.get("/health").body.endswith(b"\xff\xfe"),
    "huge-body": lambda c: len(c.get("/health").body) == 3_000_000,
    "secret-in-body": lambda c: c.demo.facts["secrets"][0] == c.get("/health").headers.get("x-debug-token"),
    "metrics-gone": lambda c: c.get("/metrics").status == 404,
}


@pytest.mark.parametrize("fault", SEEN)
def test_shows_the_fault_and_loses_it(healthy: Client, fault: str) -> None:
    """A fault shows while it is on, and only then."""
    kept = {"log-errors=9"}
    assert fault in kept or not SEEN[fault](healthy)
    healthy.demo.fault(fault)
    assert SEEN[fault](healthy)
    healthy.demo.clear(fault.partition("=")[0])
    assert fault in kept or not SEEN[fault](healthy)


@pytest.mark.parametrize("percent", [1, 7, 100])
def test_the_error_rate_is_exact(healthy: Client, percent: int) -> None:
    """The share of failed mobile requests between two looks is the declared one to the request."""
    healthy.demo.fault(f"error-rate={percent}")
    before = healthy.mobile()
    deadline = time.monotonic() + 20
    while healthy.mobile()[0] < before[0] + 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    after = healthy.mobile()
    assert percent == 100 * (after[1] - before[1]) / (after[0] - before[0])
    assert 200 == healthy.get("/api/v1/projects", token=healthy.admin).status


def test_traffic_stops_and_flows_again(healthy: Client) -> None:
    """Without traffic nothing more is counted."""
    healthy.demo.fault("traffic-stop")
    time.sleep(0.3)
    before = healthy.mobile()[0]
    time.sleep(0.5)
    assert before == healthy.mobile()[0]
    healthy.demo.clear()
    deadline = time.monotonic() + 10
    while healthy.mobile()[0] == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert before < healthy.mobile()[0]


def test_every_fault_is_tested() -> None:
    """No fault is left out of this module."""
    tested = {text.partition("=")[0] for text in SEEN} | {"error-rate", "traffic-stop"}
    assert set(FAULTS) == tested


def test_the_business_works(healthy: Client) -> None:
    """A user logs in, pays, finds the payment and removes it."""
    token = healthy.login()
    body = {"amount": 12.5, "currency": "EUR", "reference": "test-1"}
    made = healthy.ask("POST", "/api/v1/transactions", body, token)
    path = f"/api/v1/transactions/{made.json['id']}"
    assert (201, "SETTLED") == (made.status, made.json["status"])
    assert 409 == healthy.ask("POST", "/api/v1/transactions", body, token).status
    assert 12.5 == healthy.get(path, token=token).json["amount"]
    assert [204, 404] == [healthy.ask("DELETE", path, token=token).status for _ in range(2)]


def test_deleting_a_user_takes_everything_and_is_audited(healthy: Client) -> None:
    """After a deletion there are no orphans and no gap in the audit trail."""
    gone = healthy.ask("DELETE", "/api/users/17", token=healthy.admin)
    assert 200 == gone.status
    assert 1 == gone.json["summary"]["addresses"]
    assert (0, 0) == (healthy.sql(ORPHANS), healthy.sql(GAPS))
    assert 404 == healthy.ask("DELETE", "/api/users/17", token=healthy.admin).status


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/projects", None, 401),
        ("GET", "/api/admin/monitoring", None, 401),
        ("DELETE", "/api/users/1", None, 401),
        ("POST", "/api/v1/auth/login", [], 400),
        ("POST", "/api/v1/auth/login", {"email": "probe@demo.invalid", "password": "wrong"}, 401),
        ("POST", "/api/v1/auth/login", {"email": "user1@demo.invalid", "password": ""}, 401),
        ("GET", "/nothing", None, 404),
        ("PUT", "/health", None, 405),
    ],
)
def test_refuses(healthy: Client, method: str, path: str, body: Any, status: int) -> None:
    """Who has no right or asks nonsense is refused with the right status."""
    assert status == healthy.ask(method, path, body).status


@pytest.mark.parametrize("amount", [None, 0, -1, "x", "NaN", "1e99"])
def test_refuses_amounts(healthy: Client, amount: object) -> None:
    """Only a positive number is an amount."""
    assert 422 == healthy.ask("POST", "/api/v1/transactions", {"amount": amount}, healthy.admin).status


def test_tells_its_health_in_three_shapes(healthy: Client) -> None:
    """The three bodies that real systems have are all there."""
    assert "healthy" == healthy.get("/api/v1/health").json["checks"]["database"]["status"]
    assert healthy.get("/health?shape=realco").json["checks"]["database"] is True
    assert {"services", "performance", "resources"} <= healthy.get("/health?shape=infinite").json.keys()


def test_the_monitor_may_read_all_and_write_nothing(healthy: Client) -> None:
    """The DSN that is handed out sees every tenant's rows, becomes the application's role, and cannot write."""
    assert 1500 == healthy.sql("SELECT count(*) FROM customers")
    assert 500 == tenants_customers(healthy)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        healthy.sql("DELETE FROM users RETURNING 1")


def test_control_needs_its_token(healthy: Client) -> None:
    """Nobody without the token switches faults."""
    with pytest.raises(NoAnswerError, match="control token"):
        Control(healthy.demo.control_url, "wrong").fault("down")


@pytest.mark.parametrize(("fault", "message"), [("dwn", "Did you mean down?"), ("slow=x", "needs SECONDS")])
def test_control_tells_what_is_wrong(healthy: Client, fault: str, message: str) -> None:
    """A wrong fault at run time is the same clear error as at start."""
    with pytest.raises(SettingsError) as caught:
        healthy.demo.fault(fault)
    assert message in str(caught.value)


def test_a_fault_of_the_database_needs_a_database(healthy: Client) -> None:
    """What cannot be switched on now says so, and is not shown as on."""
    healthy.demo.fault("db-down")
    with pytest.raises(NoAnswerError, match="Clear the fault db-down first"):
        healthy.demo.fault("orphans")
    assert ("db-down",) == healthy.demo.control.faults()


def test_a_wrong_fault_starts_nothing() -> None:
    """A demo with an unknown fault is refused before anything is started."""
    with pytest.raises(SettingsError, match="Did you mean error-rate"):
        start_demo(["eror-rate=3"])


def test_starts_with_faults_and_leaves_nothing() -> None:
    """Faults given at the start are on at once; after the stop nothing answers and the files are gone."""
    with start_demo(["db-down", "down", "log-errors=2"]) as demo:
        assert ("db-down", "down", "log-errors=2") == demo.control.faults()
        folder = demo.log.parent
    assert not demo.running()
    assert not folder.exists()
    with pytest.raises(NoAnswerError, match="does not answer"):
        demo.clear()
