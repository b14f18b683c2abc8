"""What the emulator's ELBv2 says, frozen, in ELBv2's own words.

Times are in seconds. Nothing here knows moto or Envoy: `snapshot` reads the one, `xds` writes for the other.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class HealthCheck:
    path: str = "/"
    port: int | None = None
    """None is `traffic-port`: each target is asked at the port it serves."""
    protocol: str = "HTTP"
    interval: int = 30
    timeout: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: tuple[tuple[int, int], ...] = ((200, 200),)
    """Ranges of status codes, both ends included."""


@dataclass(frozen=True)
class TargetStickiness:
    """A client stays with one target of the group (`stickiness.enabled`)."""

    cookie: str
    duration: int


@dataclass(frozen=True)
class Endpoint:
    """A target as the data plane is to see it."""

    address: str
    port: int
    draining: bool = False


@dataclass(frozen=True)
class TargetGroup:
    arn: str
    protocol: str = "HTTP"
    protocol_version: str = "HTTP1"
    algorithm: str = "round_robin"
    slow_start: int = 0
    health_check: HealthCheck | None = field(default_factory=HealthCheck)
    stickiness: TargetStickiness | None = None
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def cluster(self) -> str:
        return cluster_name(self.arn)

    @property
    def dimension(self) -> str:
        """The value of CloudWatch's dimension `TargetGroup`."""
        return self.arn.rsplit(":", 1)[1]


@dataclass(frozen=True)
class WeightedGroup:
    arn: str
    weight: int


@dataclass(frozen=True)
class Forward:
    groups: tuple[WeightedGroup, ...]
    stickiness: int | None = None
    """TargetGroupStickinessConfig's DurationSeconds, None when it is off."""


@dataclass(frozen=True)
class Redirect:
    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True)
class FixedResponse:
    status: int
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Unplayed:
    """An action that the lab cannot play (authenticate-oidc, …): it answers 501 and says why."""

    why: str


Action = Forward | Redirect | FixedResponse | Unplayed


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: any of its values may match."""

    field: str
    values: tuple[str, ...]
    header: str = ""
    """HttpHeaderName, for `http-header`. The values of `query-string` are `KEY=VALUE` or `VALUE`."""


@dataclass(frozen=True)
class Rule:
    arn: str
    priority: int | None
    """None is the default rule, which comes last and has no conditions."""
    action: Action
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Certificate:
    arn: str
    chain: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class Listener:
    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    """In any order; one of them is the default rule."""
    certificates: tuple[Certificate, ...] = ()
    """The default certificate first."""
    tls_versions: tuple[str, str] = ("TLSv1.2", "TLSv1.3")
    """The lowest and the highest version that the SSL policy allows."""


@dataclass(frozen=True)
class LoadBalancer:
    arn: str
    address: str
    listeners: tuple[Listener, ...] = ()
    idle_timeout: int = 60
    client_keep_alive: int = 3600
    http2: bool = True

    @property
    def dimension(self) -> str:
        """The value of CloudWatch's dimension `LoadBalancer`."""
        return self.arn.split("loadbalancer/", 1)[1]


@dataclass(frozen=True)
class Snapshot:
    balancers: tuple[LoadBalancer, ...] = ()
    groups: tuple[TargetGroup, ...] = ()

    def used(self) -> dict[str, str]:
        """The target groups that a listener or a rule names, each with the ARN of its balancer."""
        return {
            weighted.arn: balancer.arn
            for balancer in self.balancers
            for listener in balancer.listeners
            for rule in listener.rules
            if isinstance(rule.action, Forward)
            for weighted in rule.action.groups
        }


def cluster_name(group_arn: str) -> str:
    """Envoy's name for a target group: its own and the ARN's unique end, for a name may be used again."""
    name, unique = group_arn.rsplit("/", 2)[1:]
    return f"{name}.{unique}"
