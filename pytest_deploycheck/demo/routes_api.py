"""The reference service's business: login, projects, transactions, dispatches, deleting users, the admin's numbers."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response

from pytest_deploycheck.demo.seed import password_hash

if TYPE_CHECKING:
    from starlette.requests import Request

    from pytest_deploycheck.demo.context import Context

Endpoint = Callable[["Request"], Response]
AsyncEndpoint = Callable[["Request", dict[str, Any]], Response]

PAGE: Final = 100


class RefusedError(Exception):
    """A request that is answered with an error: the status and what the client did wrong."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status for the answer."""
        super().__init__(message)
        self.status = status


def context_of(request: Request) -> Context:
    """Return the service that a request belongs to."""
    context: Context = request.app.state.context
    return context


def signed_in(request: Request) -> int:
    """Return the user behind the bearer token.

    Raises:
        RefusedError: there is no valid token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user = context_of(request).tokens.user(token) if scheme.lower() == "bearer" else None
    if user is None:
        raise RefusedError(401, "a valid bearer token is needed")
    return user


def protected(endpoint: Endpoint) -> Endpoint:
    """Let only signed-in users through."""

    @wraps(endpoint)
    def guarded(request: Request) -> Response:
        signed_in(request)
        return endpoint(request)

    return guarded


def admin_only(endpoint: Endpoint) -> Endpoint:
    """Let only the admin key through, unless the fault ``admin-open`` is on."""

    @wraps(endpoint)
    def guarded(request: Request) -> Response:
        context = context_of(request)
        given = request.headers.get("authorization", "")
        expected = f"Bearer {context.credentials.admin_key}"
        if not context.board.on("admin-open") and not hmac.compare_digest(given.encode(), expected.encode()):
            raise RefusedError(401, "the admin key is needed")
        return endpoint(request)

    return guarded


def login(request: Request) -> Response:
    """Exchange an address and a password for a token."""
    context = context_of(request)
    if context.board.on("login-broken"):
        raise RefusedError(500, "login failed")
    body = json_body(request)
    email, password = str(body.get("email", "")), str(body.get("password", ""))
    found = context.store.rows("SELECT id, password_hash, user_type FROM users WHERE email = %s", (email,))
    stored = (found[0]["password_hash"] or "") if found else ""
    if not hmac.compare_digest(password_hash(password, email), stored):
        raise RefusedError(401, "wrong address or password")
    user = {"id": found[0]["id"], "email": email, "user_type": found[0]["user_type"]}
    return JSONResponse({"access_token": context.tokens.issue(user["id"]), "token_type": "bearer", "user": user})


@protected
def list_projects(request: Request) -> Response:
    """List the newest projects."""
    rows = context_of(request).store.rows(
        "SELECT id, name, budget::float8, status FROM projects ORDER BY id DESC LIMIT %s", (limit_of(request),)
    )
    return JSONResponse({"projects": rows, "count": len(rows)})


@protected
def create_project(request: Request) -> Response:
    """Create a project of the signed-in user."""
    body = json_body(request)
    name = str(body.get("name", "")).strip()
    if not name:
        raise RefusedError(422, "name is needed")
    rows = context_of(request).store.rows(
        "INSERT INTO projects (owner_id, name, budget, status) VALUES (%s, %s, %s, 'DRAFT') RETURNING id, name, status",
        (signed_in(request), name, amount_of(body, "budget")),
    )
    return JSONResponse(rows[0], status_code=201)


@protected
def get_project(request: Request) -> Response:
    """Show one project."""
    rows = context_of(request).store.rows(
        "SELECT id, name, budget::float8, status FROM projects WHERE id = %s", (request.path_params["id"],)
    )
    return one(rows)


@protected
def delete_project(request: Request) -> Response:
    """Delete one project."""
    rows = context_of(request).store.rows(
        "DELETE FROM projects WHERE id = %s RETURNING id", (request.path_params["id"],)
    )
    return deleted(rows)


@protected
def list_transactions(request: Request) -> Response:
    """List the newest transactions."""
    rows = context_of(request).store.rows(
        "SELECT id, reference, amount::float8, currency, status FROM transactions ORDER BY id DESC LIMIT %s",
        (limit_of(request),),
    )
    return JSONResponse({"transactions": rows, "count": len(rows)})


@protected
def create_transaction(request: Request) -> Response:
    """Take a payment: the write that the business lives on."""
    context = context_of(request)
    if context.board.on("write-broken"):
        raise RefusedError(500, "the transaction could not be saved")
    body = json_body(request)
    rows = context.store.rows(
        """
        INSERT INTO transactions (payer_id, reference, amount, currency, status, settled_at)
        VALUES (%s, coalesce(%s, gen_random_uuid()::text), %s, %s, 'SETTLED', now())
        ON CONFLICT (reference) DO NOTHING
        RETURNING id, reference, amount::float8, currency, status
        """,
        (signed_in(request), body.get("reference"), amount_of(body, "amount"), str(body.get("currency", "USD"))),
    )
    if not rows:
        raise RefusedError(409, "the reference is taken")
    context.metrics.payment("SETTLED")
    return JSONResponse(rows[0], status_code=201)


@protected
def get_transaction(request: Request) -> Response:
    """Show one transaction."""
    rows = context_of(request).store.rows(
        "SELECT id, reference, amount::float8, currency, status FROM transactions WHERE id = %s",
        (request.path_params["id"],),
    )
    return one(rows)


@protected
def delete_transaction(request: Request) -> Response:
    """Delete one transaction."""
    rows = context_of(request).store.rows(
        "DELETE FROM transactions WHERE id = %s RETURNING id", (request.path_params["id"],)
    )
    return deleted(rows)


@protected
def list_dispatches(request: Request) -> Response:
    """List the newest dispatches."""
    rows = context_of(request).store.rows(
        "SELECT id, user_id, status, cost::float8 FROM dispatches ORDER BY id DESC LIMIT %s", (limit_of(request),)
    )
    return JSONResponse({"dispatches": rows, "count": len(rows)})


@admin_only
def create_user(request: Request) -> Response:
    """Create a user."""
    body = json_body(request)
    rows = context_of(request).store.rows(
        "INSERT INTO users (email, full_name, user_type) VALUES (%s, %s, 'CLIENT') ON CONFLICT DO NOTHING RETURNING id",
        (str(body.get("email", "")), str(body.get("full_name", ""))),
    )
    if not rows:
        raise RefusedError(409, "the address is taken")
    return JSONResponse(rows[0], status_code=201)


@admin_only
def delete_user(request: Request) -> Response:
    """Delete a user with everything that depends on it, and leave an audit row, in one transaction."""
    user = request.path_params["id"]
    with context_of(request).store.transaction() as connection:
        removed = {
            "dispatches": connection.execute("DELETE FROM dispatches WHERE user_id = %s", (user,)).rowcount,
            "file_uploads": connection.execute("DELETE FROM file_uploads WHERE user_id = %s", (user,)).rowcount,
            "addresses": connection.execute("DELETE FROM addresses WHERE user_id = %s", (user,)).rowcount,
        }
        if not connection.execute("DELETE FROM users WHERE id = %s", (user,)).rowcount:
            raise RefusedError(404, "there is no such user")
        connection.execute(
            "INSERT INTO audit_logs (action, entity_id, actor, details) VALUES ('USER_DELETION', %s, 'admin', %s)",
            (user, json.dumps(removed)),
        )
    return JSONResponse({"message": "User and associated data deleted successfully", "summary": removed})


@admin_only
def monitoring(request: Request) -> Response:
    """Show the admin how the service does."""
    store = context_of(request).store
    rows = store.rows(
        """
        SELECT (SELECT count(*) FROM users) AS users,
               (SELECT count(*) FROM transactions WHERE status = 'PENDING') AS pending_transactions,
               (SELECT count(*) FROM dispatches WHERE status = 'ACTIVE') AS active_dispatches
        """
    )
    return JSONResponse({**rows[0], "connections": {"active": store.active, "limit": store.size}})


def json_body(request: Request) -> dict[str, Any]:
    """Return the request's JSON object, read before the endpoint was called.

    Raises:
        RefusedError: it is no JSON object.
    """
    try:
        body = json.loads(request.state.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return body


def amount_of(body: dict[str, Any], key: str) -> Decimal:
    """Return a positive amount of money.

    Raises:
        RefusedError: it is none.
    """
    try:
        amount = Decimal(str(body.get(key)))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount < 10**11:
        raise RefusedError(422, f"{key} must be a positive number")
    return amount


def limit_of(request: Request) -> int:
    """Return how many rows are asked for, 1 to ``PAGE``."""
    text = request.query_params.get("limit", "20")
    return max(1, min(PAGE, int(text))) if text.isdecimal() else 20


def one(rows: list[dict[str, Any]]) -> Response:
    """Answer with the only row, or 404."""
    if not rows:
        raise RefusedError(404, "not found")
    return JSONResponse(rows[0])


def deleted(rows: list[dict[str, Any]]) -> Response:
    """Answer 204 when something was deleted, else 404."""
    if not rows:
        raise RefusedError(404, "not found")
    return Response(status_code=204)
