# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What an environment is, as far as it costs money: built from the inventory's variables, or from what runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, flat

MONTH_HOURS = 730.0
"""AWS's own calculator counts 730 hours a month: 365 * 24 / 12."""

MONTH_DAYS = MONTH_HOURS / 24


@dataclass(frozen=True)
class Network:
    """`nat` is per_zone, single or none; `interface_endpoints` counts services, each in every zone."""

    zones: int = 2
    nat: str = "per_zone"
    interface_endpoints: int = 0
    flow_logs: bool = False
    flow_log_days: int = 30

    @property
    def nat_gateways(self) -> int:
        return {"per_zone": self.zones, "single": 1, "none": 0}[self.nat]


@dataclass(frozen=True)
class Service:
    """Both colours together. `tasks` is the month's mean; `cpu` in 1/1024 vCPU, `memory` in MiB, as in `app_cpu`.

    `spot_share` is the part of the task hours on Fargate Spot, 0 to 1. `log_kept_gb` is what stands in the log group,
    where that is known; else the retention in days says.
    """

    cpu: int = 256
    memory: int = 512
    architecture: str = "X86_64"
    tasks: Spread = field(default_factory=lambda: flat(2))
    tasks_min: int = 2
    spot_share: float = 0.0
    insights: str = "enabled"
    log_days: int = 30
    log_kept_gb: float | None = None
    secret_variables: int = 8


@dataclass(frozen=True)
class Balancer:
    """`health_check_interval` in seconds."""

    exists: bool = True
    health_check_interval: int = 10


@dataclass(frozen=True)
class Edge:
    """`zones` counts hosted zones; `waf_rules` 0 is no web ACL."""

    cloudfront: bool = True
    zones: int = 1
    health_check: bool = False
    waf_rules: int = 0


@dataclass(frozen=True)
class Database:
    """`size` is Atlas's: M0, FLEX, M10 … ; `data_gb` is the data with its indexes on disk."""

    size: str = "M10"
    data_gb: Spread = field(default_factory=lambda: Spread(1, 2, 5))
    private_endpoint: bool = False
    backup_ratio: float = 2.0

    @property
    def dedicated(self) -> bool:
        return self.size not in ("M0", "FLEX")


@dataclass(frozen=True)
class Watch:
    """AWS bills an alarm by the metrics it looks at: `alarm_metrics` counts them, by default the role monitoring's.

    `scaling_alarms` are autoscaling's own, with a metric each: two for each of two policies on each of two colours.
    """

    alarm_metrics: int = 21
    scaling_alarms: int = 8
    composite_alarms: int = 1
    dashboards: int = 1
    custom_metrics: int = 2
    emails: Spread = field(default_factory=lambda: Spread(10, 50, 500))


@dataclass(frozen=True)
class Store:
    """Secrets, images, and what releases keep. `releases` a month; `image_gb` is what one more image adds."""

    secrets: int = 2
    customer_keys: int = 0
    images: int = 30
    image_gb: float = 0.1
    releases: Spread = field(default_factory=lambda: Spread(4, 12, 40))
    release_hours: float = 0.6


@dataclass(frozen=True)
class Traffic:
    """What users do in a month, and how much of it goes where. KB is 1,000 bytes, as AWS bills GB of 10^9 in transfer.

    `static_share` of the requests is answered by CloudFront's cache, where there is one.
    """

    requests: Spread = field(default_factory=lambda: Spread(100_000, 1_000_000, 5_000_000))
    static_share: float = 0.6
    dynamic_kb: float = 20.0
    static_kb: float = 40.0
    request_kb: float = 2.0
    database_kb: float = 10.0
    outbound_kb: float = 2.0
    log_bytes: float = 300.0
    flow_log_kb: float = 1.0
    flow_log_base_gb: Spread = field(default_factory=lambda: Spread(0.2, 0.5, 1.0))


@dataclass(frozen=True)
class Environment:
    """Everything that the bill is made from."""

    name: str
    region: str
    network: Network = Network()
    service: Service = field(default_factory=Service)
    balancer: Balancer = Balancer()
    edge: Edge = Edge()
    database: Database = field(default_factory=Database)
    watch: Watch = field(default_factory=Watch)
    store: Store = field(default_factory=Store)
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def origin_requests(self) -> Spread:
        """The requests a month that reach the balancer."""
        cached = self.traffic.static_share if self.edge.cloudfront else 0.0
        return self.traffic.requests * (1 - cached)

    @property
    def response_gb(self) -> Spread:
        """All that users receive in a month, in GB."""
        share = self.traffic.static_share
        return self.traffic.requests * ((1 - share) * self.traffic.dynamic_kb + share * self.traffic.static_kb) * 1e-6

    @property
    def origin_response_gb(self) -> Spread:
        """The part of it that tasks and balancer send, in GB."""
        dynamic = self.traffic.requests * (1 - self.traffic.static_share) * self.traffic.dynamic_kb * 1e-6
        return dynamic if self.edge.cloudfront else self.response_gb

    @property
    def request_gb(self) -> Spread:
        """What the balancer receives in a month, in GB."""
        return self.origin_requests * self.traffic.request_kb * 1e-6

    @property
    def log_gb(self) -> Spread:
        """What tasks log in a month, in GB: a line a request, health checks of each balancer zone included."""
        per_task = MONTH_HOURS * 3600 / self.balancer.health_check_interval * self.network.zones
        checks = self.service.tasks * (per_task if self.balancer.exists else 0.0)
        return (self.origin_requests + checks) * self.traffic.log_bytes * 1e-9

    @property
    def database_gb(self) -> Spread:
        """What tasks and database exchange in a month, both ways, in GB."""
        dynamic = self.traffic.requests * (1 - self.traffic.static_share)
        return dynamic * self.traffic.database_kb * 1e-6
