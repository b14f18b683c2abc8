"""From Envoy's access log and the targets' states to what an ALB reports to CloudWatch.

Names, dimensions and what counts:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lab.samples import Key, Samples

NAMESPACE = "AWS/ApplicationELB"
GAUGE_INTERVAL = 10.0
"""Seconds between two host counts that are the same."""


@dataclass(frozen=True)
class Request:
    """A line of the access log (`connection_manager.LOG_FORMAT`)."""

    balancer: str
    cluster: str
    host: str
    code: int
    flags: str
    seconds: float | None
    details: str

    @property
    def target_chosen(self) -> bool:
        return self.host != "-"

    @property
    def from_target(self) -> bool:
        return self.details.startswith(("via_upstream", "upstream_reset_after_response_started"))


def parse(line: str) -> Request | None:
    """None for what is not a request: Envoy logs connections that sent none with code 0."""
    parts = line.split(" ", 6)
    if len(parts) != 7 or not parts[3].isdigit() or parts[3] == "0":
        return None
    balancer, cluster, host, code, flags, microseconds, details = parts
    seconds = int(microseconds) / 1e6 if microseconds.isdigit() else None
    return Request(balancer, cluster, host, int(code), flags, seconds, details)


@dataclass(frozen=True)
class Measure:
    name: str
    balancer: str
    cluster: str | None = None
    """None is the whole balancer."""


def measures(requests: Iterable[Request]) -> dict[Measure, list[float]]:
    """The values that these requests add to each metric."""
    values: defaultdict[Measure, list[float]] = defaultdict(list)
    for request in requests:
        for name, value in target_metrics(request):
            values[Measure(name, request.balancer)].append(value)
            values[Measure(name, request.balancer, request.cluster)].append(value)
        for name in balancer_metrics(request):
            values[Measure(name, request.balancer)].append(1)
    return dict(values)


def target_metrics(request: Request) -> list[tuple[str, float]]:
    """What counts per target group and for the whole balancer."""
    found: list[tuple[str, float]] = []
    if request.target_chosen:
        found.append(("RequestCount", 1))
    if "UF" in request.flags.split(","):
        found.append(("TargetConnectionErrorCount", 1))
    if request.from_target:
        found.append((f"HTTPCode_Target_{request.code // 100}XX_Count", 1))
        if request.seconds is not None:
            found.append(("TargetResponseTime", request.seconds))
    return found


def balancer_metrics(request: Request) -> list[str]:
    """What counts for the whole balancer only: answers that it gave itself."""
    if request.from_target:
        return []
    names = [f"HTTPCode_ELB_{request.code // 100}XX_Count"] if request.code >= 300 else []
    if request.code in (500, 502, 503, 504):
        names.append(f"HTTPCode_ELB_{request.code}_Count")
    if request.details == "direct_response":
        names.append("HTTP_Redirect_Count" if request.code // 100 == 3 else "HTTP_Fixed_Response_Count")
    return names


@dataclass(frozen=True)
class Hosts:
    """HealthyHostCount and UnHealthyHostCount of a target group."""

    healthy: int
    unhealthy: int


class Feed:
    """Puts metrics into CloudWatch's samples, `delay` seconds after they were measured.

    Times are seconds since the epoch.
    """

    def __init__(self, samples: Samples, delay: float) -> None:
        self._samples = samples
        self._delay = delay
        self._waiting: deque[tuple[float, Key, list[float], str]] = deque()
        self._hosts: dict[tuple[str, str], tuple[float, Hosts]] = {}

    def requests(self, lines: Iterable[str], dimensions: Mapping[str, str], now: float) -> None:
        """`dimensions`: the value of the dimension TargetGroup by Envoy's name of the cluster."""
        parsed = (request for line in lines if (request := parse(line)))
        for measure, values in measures(parsed).items():
            group = dimensions.get(measure.cluster) if measure.cluster else None
            if measure.cluster and group is None:
                continue
            unit = "Seconds" if measure.name == "TargetResponseTime" else "Count"
            self._waiting.append((now, key(measure.name, measure.balancer, group), values, unit))

    def hosts(self, balancer: str, group: str, count: Hosts, now: float) -> None:
        """A gauge: reported when it changes and every ten seconds, while there are targets."""
        since, before = self._hosts.get((balancer, group), (0.0, None))
        if count == before and now - since < GAUGE_INTERVAL:
            return
        self._hosts[balancer, group] = (now, count)
        for name, value in (("HealthyHostCount", count.healthy), ("UnHealthyHostCount", count.unhealthy)):
            self._waiting.append((now, key(name, balancer, group), [float(value)], "Count"))

    def publish(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] + self._delay <= now:
            time, name, values, unit = self._waiting.popleft()
            self._samples.add(name, time, values, unit)


def key(name: str, balancer: str, group: str | None) -> Key:
    dimensions = (("LoadBalancer", balancer), *((("TargetGroup", group),) if group else ()))
    return Key(NAMESPACE, name, dimensions)
