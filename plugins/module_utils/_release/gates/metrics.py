# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to CloudWatch. What it does not tell is missing evidence, with the reason in words: never an exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import cluster_name, service_name
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates import queries
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates, Metric
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.queries import Answers, Query
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

QUERIES_A_CALL = 500
ALARMS_A_CALL = 100
"""Of GetMetricData and DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"""

BASELINE_SECONDS = 1800.0
"""How far before the release its baseline reaches: enough for a service with a request each 15 s."""

FINE_FOR = 3 * 3600.0
"""Seconds that CloudWatch keeps periods shorter than a minute."""

Series = Mapping[str, Sequence[tuple[float, int, int]]]
"""By colour: begin of the period, requests and errors, oldest first."""


class Metrics:
    """`period` is in seconds, `balancer` the load balancer's ARN."""

    def __init__(self, clients: Clients, period: int, balancer: str) -> None:
        self._clients = clients
        self._period = period
        self._balancer = queries.balancer_dimension(balancer)
        self._baselines: dict[str, Traffic] = {}

    def evidence(self, gates: Gates, release: Release, world: World, now: float) -> Evidence:
        """All that the gates want to know of CloudWatch since the phase began, without samples. Never raises
        CalstackError: what failed is empty, and `trouble` says why."""
        found = Evidence(since=release.since)
        troubles: list[str] = []
        for read in (self._counted, self._before, self._own, self._states):
            try:
                found = replace(found, **read(gates, release, world, now))
            except CalstackError as error:
                troubles.append(str(error).rstrip("."))
        return replace(found, trouble="; ".join(dict.fromkeys(troubles)))

    def traffic(self, release: Release, world: World, now: float) -> tuple[Traffic, Traffic]:
        """Stable's and the candidate's since the phase began, from one GetMetricData. Raises CalstackError."""
        wanted = [query for colour in release.colours for query in self._of_colour(colour, world)]
        begin, end = queries.window(release.since, now, self._period)
        answers = self._ask(wanted, begin, end, self._period)
        stable, candidate = (queries.traffic(answers, colour, self._period, end) for colour in release.colours)
        return stable, candidate

    def baseline(self, release: Release, world: World) -> Traffic:
        """Stable's in the half hour before the release, asked once. Raises CalstackError."""
        if release.id not in self._baselines:
            span = queries.window(release.started_at - BASELINE_SECONDS, release.started_at, self._period)
            answers = self._ask(self._of_colour(release.stable, world), *span, self._period)
            self._baselines[release.id] = queries.traffic(answers, release.stable, self._period)
        return self._baselines[release.id]

    def custom(
        self, metrics: Sequence[Metric], release: Release, world: World, now: float
    ) -> tuple[dict[str, tuple[float, ...]], dict[str, float]]:
        """The values of the user's metrics since the phase began, by name, oldest first; and until when there are any.

        Raises CalstackError.
        """
        names = {
            "colour": release.candidate,
            "cluster": cluster_name(release.stack),
            "service": service_name(release.stack, release.candidate),
            "load_balancer": self._balancer,
            "target_group": queries.dimension(world.colours[release.candidate].group),
        }
        wanted = [queries.of_metric(index, metric, names) for index, metric in enumerate(metrics)]
        answers = self._ask(wanted, *queries.window(release.since, now, self._period), self._period)
        values = {metric.name: queries.values(answers, index) for index, metric in enumerate(metrics)}
        until = {
            metric.name: queries.values_until(answers, index, self._period) for index, metric in enumerate(metrics)
        }
        return values, until

    def alarms(self, names: Sequence[str]) -> dict[str, str]:
        """The states of those that exist. Raises CalstackError."""
        found: dict[str, str] = {}
        for start in range(0, len(names), ALARMS_A_CALL):
            chosen = list(names[start : start + ALARMS_A_CALL])
            with doing("reading the alarms of release_gates.alarms"):
                # Without AlarmTypes composite alarms are left out.
                answer = self._clients("cloudwatch").describe_alarms(
                    AlarmNames=chosen, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=ALARMS_A_CALL
                )
            for kind in ("MetricAlarms", "CompositeAlarms"):
                found |= {alarm["AlarmName"]: alarm["StateValue"] for alarm in answer.get(kind, ())}
        return found

    def series(self, start: float, end: float, world: World) -> tuple[Series, str]:
        """Both colours over a whole release, for its report; empty, with the reason in words, where that fails."""
        period = self._period if end - start < FINE_FOR else max(self._period, 60)
        span = (int(start // period * period), int(-(-end // period) * period))
        wanted = [query for colour in world.colours for query in self._of_colour(colour, world, queries.COUNTS)]
        try:
            answers = self._ask(wanted, *span, period)
        except CalstackError as error:
            return {}, str(error)
        return {colour: queries.series(answers, colour, period, span[1]) for colour in world.colours}, ""

    def _counted(self, gates: Gates, release: Release, world: World, now: float) -> dict[str, Any]:
        if not gates.error_rate and not gates.latency:
            return {}
        stable, candidate = self.traffic(release, world, now)
        return {"stable": stable, "candidate": candidate}

    def _before(self, gates: Gates, release: Release, world: World, now: float) -> dict[str, Any]:
        return {"baseline": self.baseline(release, world)} if gates.latency else {}

    def _own(self, gates: Gates, release: Release, world: World, now: float) -> dict[str, Any]:
        values, until = self.custom(gates.metrics, release, world, now)
        return {"metrics": values, "metrics_until": until}

    def _states(self, gates: Gates, release: Release, world: World, now: float) -> dict[str, Any]:
        return {"alarms": self.alarms(gates.alarms)}

    def _of_colour(self, colour: str, world: World, measures: tuple[str, ...] = tuple(queries.MEASURES)) -> list[Query]:
        return queries.of_colour(colour, self._balancer, world.colours[colour].group, measures)

    def _ask(self, wanted: Sequence[Query], start: int, end: int, period: int) -> Answers:
        answers: dict[str, dict[float, float]] = {query.ident: {} for query in wanted}
        if start >= end:
            return answers
        for first in range(0, len(wanted), QUERIES_A_CALL):
            chosen = [query.to_api(period) for query in wanted[first : first + QUERIES_A_CALL]]
            for result in self._pages(chosen, start, end):
                points = zip(result["Timestamps"], result["Values"], strict=True)
                answers[result["Id"]] |= {moment.timestamp(): value for moment, value in points}
        return answers

    def _pages(self, asked: Sequence[Mapping[str, Any]], start: int, end: int) -> list[Mapping[str, Any]]:
        results: list[Mapping[str, Any]] = []
        with doing("reading the metrics of the two colours"):
            pages = self._clients("cloudwatch").get_paginator("get_metric_data")
            for page in pages.paginate(
                MetricDataQueries=asked,
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
                ScanBy="TimestampAscending",
            ):
                results += page["MetricDataResults"]
        for result in results:
            if result.get("StatusCode") in ("InternalError", "Forbidden"):
                raise CalstackError(f"reading the metric {result['Id']}: CloudWatch answered {result['StatusCode']}.")
        return results
