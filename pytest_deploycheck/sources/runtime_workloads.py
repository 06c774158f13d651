"""Workloads of a Kubernetes cluster as a source, by ``kubectl get``; answers :class:`WorkloadAsk`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asks import Pod, WorkloadAnswer, WorkloadAsk
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.process import Command, Processes
from pytest_deploycheck.sources.runtime_json import MAX_BYTES, moment, part, printed, tables, text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.sources.process import Finished

_ALLOWED: Final = ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "NO_PROXY", "HTTPS_PROXY")
_MISSING: Final = re.compile(r"\(NotFound\)")
_HINT: Final = "Is the context right, and may this account get workloads and pods in that namespace?"
_EXPRESSIONS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "In": lambda key, values: f"{key} in ({values})",
    "NotIn": lambda key, values: f"{key} notin ({values})",
    "Exists": lambda key, _values: key,
    "DoesNotExist": lambda key, _values: f"!{key}",
}
# status fields by kind: desired (of the status, else of the spec), total, updated, available
_FIELDS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "Deployment": ("", "replicas", "updatedReplicas", "availableReplicas"),
    "StatefulSet": ("", "replicas", "updatedReplicas", "availableReplicas"),
    "DaemonSet": ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable"),
}


class WorkloadSource:
    """Asks kubectl; safe to use from several threads at once."""

    ask_type: type = WorkloadAsk

    def __init__(self) -> None:
        """Start nothing yet."""
        self._processes = Processes()

    def observe(self, ask: WorkloadAsk) -> WorkloadAnswer:
        """Return what is known about a workload; one that does not exist is an answer, too.

        Raises:
            CommandError: kubectl is not there, the cluster does not answer, or we may not ask that.
            AnswerTimeoutError: it did not end in time.
            BadAnswerError: it printed something else than documented.
        """
        at = datetime.now(UTC)
        finished = self._run(ask, ask.name)
        if finished.code != 0 and _MISSING.search(finished.words()):
            return WorkloadAnswer(name=ask.name, found=False, at=at)
        found = printed(finished.succeeded(_HINT))
        kind = text(part(found, "kind"))
        if kind not in _FIELDS:
            raise BadAnswerError(
                f"kubectl describes a {printable(kind) or 'nothing known'}, no {', '.join(_FIELDS)}",
                'Name it with its kind: "deployment/api"',
            )
        spec, status = part(found, "spec"), part(found, "status")
        desired, total, updated, available = _FIELDS[kind]
        replicas = part(status, desired) if desired else part(spec, "replicas")
        return WorkloadAnswer(
            name=ask.name,
            # Kubernetes takes one replica when the spec names no number
            desired=1 if replicas is None and not desired else whole(replicas),
            total=whole(part(status, total)),
            updated=_updated(kind, status, updated),
            available=whole(part(status, available)),
            generation=whole(part(found, "metadata", "generation")),
            observed=whole(part(status, "observedGeneration")),
            stuck=_stuck(status),
            images=tuple(text(each.get("image")) for each in tables(part(spec, "template", "spec", "containers"))),
            pods=self._pods(ask, part(spec, "selector")),
            at=at,
        )

    def close(self) -> None:
        """End what still runs."""
        self._processes.close()

    def _pods(self, ask: WorkloadAsk, selector: Any) -> tuple[Pod, ...]:
        """Return the pods that the workload selects; without a selector it has none that can be told."""
        chosen = _selector(selector)
        if not chosen:
            return ()
        found = printed(self._run(ask, "pods", f"--selector={chosen}").succeeded(_HINT))
        return tuple(_pod(each) for each in tables(part(found, "items")))

    def _run(self, ask: WorkloadAsk, *what: str) -> Finished:
        where = [f"--namespace={ask.namespace}"] if ask.namespace else []
        where += [f"--context={ask.context}"] if ask.context else []
        argv = ("kubectl", "get", *what, *where, "--output=json")
        return self._processes.run(Command(argv=argv, timeout=ask.timeout, allow=_ALLOWED), max_bytes=MAX_BYTES)


def _updated(kind: str, status: Any, field: str) -> int:
    """Return the pods of the newest revision; a finished StatefulSet leaves the field out."""
    revision = text(part(status, "updateRevision"))
    if kind == "StatefulSet" and revision and revision == text(part(status, "currentRevision")):
        return whole(part(status, "replicas"))
    return whole(part(status, field))


def _stuck(status: Any) -> str:
    """Return why the rollout was given up, empty when it was not."""
    for condition in tables(part(status, "conditions")):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return printable(text(condition.get("message"))[:300]) or "ProgressDeadlineExceeded"
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return printable(text(condition.get("message"))[:300]) or "ReplicaFailure"
    return ""


def _selector(selector: Any) -> str:
    """Return a label selector as kubectl takes it."""
    labels = part(selector, "matchLabels")
    terms = [f"{key}={value}" for key, value in labels.items()] if isinstance(labels, dict) else []
    for expression in tables(part(selector, "matchExpressions")):
        build = _EXPRESSIONS.get(text(expression.get("operator")))
        values = expression.get("values")
        if build is not None:
            joined = ",".join(text(each) for each in values) if isinstance(values, list) else ""
            terms.append(build(text(expression.get("key")), joined))
    return ",".join(terms)


def _pod(pod: dict[str, Any]) -> Pod:
    states = tables(part(pod, "status", "containerStatuses"))
    ends = [moment(part(state, "lastState", "terminated", "finishedAt")) for state in states]
    waiting = (text(part(state, "state", "waiting", "reason")) for state in states)
    return Pod(
        name=text(part(pod, "metadata", "name")),
        phase=text(part(pod, "status", "phase")),
        restarts=sum(whole(state.get("restartCount")) for state in states),
        created=moment(part(pod, "metadata", "creationTimestamp")),
        last_end=max((end for end in ends if end is not None), default=None),
        waiting=printable(next((reason for reason in waiting if reason), "")),
        digests=tuple(text(state.get("imageID")) for state in states),
    )
