"""What the variables of GitLab, Vercel and Railway say about a deployment; one function a platform. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.deployments.context import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Reader = Callable[[Mapping[str, str]], Iterator[Value]]

_VERSION: Final = re.compile(r"v?\d+(?:\.\d+)+[\w.+-]*", re.ASCII)


def version_in(ref: str) -> str | None:
    """Return the version that a tag names (``v2.4.0``), None when it names something else."""
    return ref if _VERSION.fullmatch(ref) else None


def gitlab(environ: Mapping[str, str]) -> Iterator[Value]:
    """Yield what GitLab says in the pipeline that deployed; a scheduled pipeline says nothing about a deployment."""
    if not environ.get("GITLAB_CI") or environ.get("CI_PIPELINE_SOURCE") == "schedule":
        return
    if environ.get("CI_ENVIRONMENT_NAME"):
        yield Value("environment", environ["CI_ENVIRONMENT_NAME"], "GitLab CI_ENVIRONMENT_NAME")
    if environ.get("CI_ENVIRONMENT_NAME") and environ.get("CI_PIPELINE_ID"):
        parts = ("gitlab", environ.get("CI_PROJECT_ID"), environ["CI_PIPELINE_ID"])
        yield Value("id", "-".join(filter(None, parts)), "GitLab CI_PIPELINE_ID", derived=True)
    yield from _named(environ, {"commit": "CI_COMMIT_SHA"}, "GitLab")
    version = version_in(environ.get("CI_COMMIT_TAG", ""))
    if version:
        yield Value("version", version, "GitLab CI_COMMIT_TAG")


def vercel(environ: Mapping[str, str]) -> Iterator[Value]:
    """Yield what Vercel says inside a deployment of its own."""
    if environ.get("VERCEL"):
        names = {"id": "VERCEL_DEPLOYMENT_ID", "commit": "VERCEL_GIT_COMMIT_SHA", "previous": "VERCEL_GIT_PREVIOUS_SHA"}
        target = "VERCEL_TARGET_ENV" if environ.get("VERCEL_TARGET_ENV") else "VERCEL_ENV"
        yield from _named(environ, {**names, "environment": target}, "Vercel")


def railway(environ: Mapping[str, str]) -> Iterator[Value]:
    """Yield what Railway says inside a deployment of its own."""
    if environ.get("RAILWAY_PROJECT_ID"):
        names = {
            "id": "RAILWAY_DEPLOYMENT_ID",
            "commit": "RAILWAY_GIT_COMMIT_SHA",
            "environment": "RAILWAY_ENVIRONMENT_NAME",
        }
        yield from _named(environ, names, "Railway")


def _named(environ: Mapping[str, str], names: Mapping[str, str], platform: str) -> Iterator[Value]:
    for name, variable in names.items():
        if environ.get(variable):
            yield Value(name, environ[variable], f"{platform} {variable}", derived=name == "id")


PLATFORMS: Final[tuple[Reader, ...]] = (gitlab, vercel, railway)
