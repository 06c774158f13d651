"""Numbers from Railway's GraphQL API and Vercel's Web Analytics API, as JSON for ``[[metric]] source = "command"``.

``python3 platforms.py railway 5m`` prints the mean use of CPU, memory and disk over that time in percent of the limits;
``python3 platforms.py vercel`` prints yesterday's page views against the mean of the seven days before.
Only the standard library, so that it runs wherever the checks run.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any, Final

SECONDS: Final = {"m": 60, "h": 3600, "d": 86400}
PAIRS: Final = {
    "cpu": ("CPU_USAGE", "CPU_LIMIT"),
    "memory": ("MEMORY_USAGE_GB", "MEMORY_LIMIT_GB"),
}
METRICS: Final = """
query metrics(
  $environmentId: String!, $serviceId: String, $startDate: DateTime!, $measurements: [MetricMeasurement!]!
) {
  metrics(environmentId: $environmentId, serviceId: $serviceId, startDate: $startDate, measurements: $measurements) {
    measurement values { ts value }
  }
}
"""


def main(arguments: list[str]) -> int:
    """Print the numbers of one platform."""
    platform, window = arguments if len(arguments) > 1 else (arguments[0], "5m")
    numbers = {"railway": lambda: railway(window), "vercel": vercel}[platform]()
    sys.stdout.write(json.dumps(numbers) + "\n")
    return 0


def railway(window: str) -> dict[str, Any]:
    """Return the mean use over the window, and the values with their capacity, as Railway's metrics tab shows them."""
    since = datetime.now(UTC) - timedelta(seconds=int(window[:-1]) * SECONDS[window[-1]])
    variables = {
        "environmentId": os.environ["RAILWAY_ENVIRONMENT_ID"],
        "serviceId": os.environ["RAILWAY_SERVICE_ID"],
        "startDate": since.isoformat(),
        "measurements": [*(name for pair in PAIRS.values() for name in pair), "DISK_USAGE_GB"],
    }
    url = os.environ.get("RAILWAY_API_URL") or "https://backboard.railway.com/graphql/v2"
    answer = _ask(url, os.environ["RAILWAY_API_TOKEN"], {"query": METRICS, "variables": variables})
    if answer.get("errors"):
        raise SystemExit(f"Railway: {answer['errors'][0]['message']}")
    series = {one["measurement"]: [point["value"] for point in one["values"]] for one in answer["data"]["metrics"]}
    # the API tells no limit of a volume
    pairs = {
        **{name: (series.get(use), series.get(limit)) for name, (use, limit) in PAIRS.items()},
        "disk": (series.get("DISK_USAGE_GB"), [float(os.environ.get("REALCO_DISK_GB") or 100)]),
    }
    return {name: _share(use, limit) for name, (use, limit) in pairs.items()}


def vercel() -> dict[str, Any]:
    """Return yesterday's page views (UTC), and how far they are from the mean of the seven days before, in percent."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = {
        "projectId": os.environ["VERCEL_PROJECT_ID"],
        "by": "day",
        "since": (today - timedelta(days=8)).isoformat(),
        "until": (today - timedelta(seconds=1)).isoformat(),
        "limit": "8",
    }
    if os.environ.get("VERCEL_TEAM_ID"):
        query["teamId"] = os.environ["VERCEL_TEAM_ID"]
    base = os.environ.get("VERCEL_API_URL") or "https://api.vercel.com"
    url = f"{base}/v1/query/web-analytics/visits/aggregate?{urllib.parse.urlencode(query)}"
    views = {day["timestamp"][:10]: float(day["pageviews"]) for day in _ask(url, os.environ["VERCEL_TOKEN"])["data"]}
    yesterday = views.pop((today - timedelta(days=1)).date().isoformat(), 0.0)
    before = sum(views.values()) / 7
    return {"pageviews": yesterday, "change": 100 * (yesterday / before - 1) if before else None}


def _share(use: list[float] | None, limit: list[float] | None) -> dict[str, float | None] | None:
    """Return a use in percent of its limit, its highest above the median, and its second half against the first."""
    if not use or not limit or not limit[-1]:
        return None
    half = len(use) // 2
    first, second = fmean(use[:half] or use), fmean(use[half:])
    return {
        "percent": 100 * fmean(use) / limit[-1],
        "used": use[-1],
        "capacity": limit[-1],
        "spike": 100 * (max(use) / median(use) - 1) if median(use) else None,
        "change": 100 * (second / first - 1) if first else None,
    }


def _ask(url: str, token: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310  # the addresses are the settings' own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # see above
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
