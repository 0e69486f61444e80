"""Metrics for Prometheus, read from the store at each scrape, so every process reports the same."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from digest.runs.operations.monitoring import Figures, figures
from digest.web.site import ContextDep

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(context: ContextDep) -> Response:
    """Return the metrics to clients in web.metrics_from; for others there is no such page."""
    client = context.request.client
    if client is None or not _is_among(client.host, context.site.settings.web.metrics_from):
        return context.gone()
    registry = CollectorRegistry()
    registry.register(_Gauges(figures(context.site.store, context.now), context.now))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _is_among(address: str, networks: tuple[str, ...]) -> bool:
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(host in ipaddress.ip_network(network, strict=False) for network in networks)


class _Gauges(Collector):
    """The figures of the installation as gauges."""

    def __init__(self, found: Figures, now: datetime) -> None:
        self._found, self._now = found, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._found
        waiting = (self._now - found.waiting_since).total_seconds() if found.waiting_since else 0.0
        queued = (self._now - found.outbox_since).total_seconds() if found.outbox_since else 0.0
        yield _by("digest_subscribers", "Subscriptions by state", "state", found.subscribers)
        yield _by("digest_deliveries", "Issues of the past 24 hours by state", "state", found.deliveries)
        yield _one("digest_subscribers_overdue", "Due for more than an hour and not planned", found.overdue)
        yield _one("digest_waiting_seconds", "How long the longest waiting issue has waited to be sent", waiting)
        yield _one(
            "digest_letter_waiting_seconds", "How long the longest waiting transactional e-mail has waited", queued
        )
        yield _one("digest_suppressed_addresses", "Suppressed addresses", found.suppressed)
        yield _one("digest_papers", "Papers numbered so far", found.papers)
        failing = {name: int(state.failing_since is not None) for name, state in found.sources.items()}
        yield _by("digest_source_failing", "1 while a source cannot be read", "source", failing)
        begun = {kind: at.timestamp() for kind, at in found.last_runs.items()}
        yield _by("digest_last_run_timestamp_seconds", "When the latest run of a kind began", "kind", begun)


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[Any, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        gauge.add_metric([str(key)], value)
    return gauge
