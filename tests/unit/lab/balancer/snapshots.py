"""Snapshots for tests: what ELBv2 may say, by chance and by hand."""

from hypothesis import strategies as st

from lab.balancer.model import (
    Action,
    Condition,
    Endpoint,
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    LoadBalancer,
    Redirect,
    Rule,
    Snapshot,
    TargetGroup,
    TargetStickiness,
    WeightedGroup,
)

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"


def group_arn(number: int) -> str:
    return f"{ARN}:targetgroup/tg-{number}/{number:016x}"


def listener_arn(balancer: int, number: int) -> str:
    return f"{ARN}:listener/app/lb-{balancer}/{balancer:016x}/{number:016x}"


checks = st.builds(
    HealthCheck,
    path=st.sampled_from(["/", "/health?deep=1"]),
    port=st.none() | st.integers(1, 65535),
    interval=st.integers(5, 300),
    timeout=st.integers(2, 120),
    healthy_threshold=st.integers(2, 10),
    unhealthy_threshold=st.integers(2, 10),
    matcher=st.sampled_from([((200, 200),), ((200, 204), (301, 302), (404, 404)), ((200, 499),)]),
)
endpoints = st.builds(Endpoint, st.sampled_from(["127.80.16.1", "127.80.16.2"]), st.integers(1, 65535), st.booleans())
words = st.text("ab/*?.-%\\\"'é #{}", min_size=1, max_size=12)
conditions = st.one_of(
    st.builds(Condition, st.sampled_from(["path-pattern", "host-header"]), st.tuples(words)),
    st.builds(Condition, st.just("http-header"), st.tuples(words, words), st.sampled_from(["X-Candidate", "cookie"])),
    st.builds(Condition, st.just("query-string"), st.tuples(words, st.just("a=b*"))),
    st.builds(Condition, st.just("http-request-method"), st.just(("GET", "X-Y"))),
    st.builds(Condition, st.just("source-ip"), st.sampled_from([("127.0.0.0/8", "10.1.2.3/32"), ("::/0",)])),
)
redirects = st.builds(
    Redirect,
    st.sampled_from([301, 302]),
    protocol=st.sampled_from(["#{protocol}", "HTTPS", "HTTP"]),
    host=st.sampled_from(["#{host}", "www.example.com", "www.#{host}"]),
    port=st.sampled_from(["#{port}", "443", "9000"]),
    path=st.sampled_from(["/#{path}", "/", "/new/#{path}", "/#{port}", "/#{host}"]),
    query=st.sampled_from(["#{query}", "", "a=b", "a=#{port}", "x&#{query}"]),
)
fixed = st.builds(
    FixedResponse, st.sampled_from([200, 404, 503]), st.sampled_from(["", "50% off"]), st.just("text/html")
)


def forwards(groups: int) -> st.SearchStrategy[Forward]:
    weighted = st.builds(WeightedGroup, st.integers(0, groups - 1).map(group_arn), st.integers(0, 999))
    some = st.lists(weighted, min_size=1, max_size=5, unique_by=lambda item: item.arn).map(tuple)
    return st.builds(Forward, some, st.none() | st.integers(1, 604800))


@st.composite
def listeners(draw: st.DrawFn, balancer: int, number: int, groups: int) -> Listener:
    actions: st.SearchStrategy[Action] = st.one_of(forwards(groups), redirects, fixed)
    priorities = draw(st.lists(st.integers(1, 50000), unique=True, max_size=5))
    rules = [
        Rule(f"rule-{number}-{priority}", priority, draw(actions), draw(st.lists(conditions, max_size=3).map(tuple)))
        for priority in priorities
    ]
    default = Rule(f"rule-{number}-default", None, draw(actions))
    return Listener(
        listener_arn(balancer, number), 1024 + number, "HTTP", draw(st.permutations([*rules, default]).map(tuple))
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    groups = draw(st.integers(1, 4))
    balancers = tuple(
        LoadBalancer(
            f"{ARN}:loadbalancer/app/lb-{balancer}/{balancer:016x}",
            f"127.80.1.{balancer + 1}",
            tuple(draw(listeners(balancer, number, groups)) for number in range(draw(st.integers(0, 2)))),
            idle_timeout=draw(st.integers(1, 4000)),
            http2=draw(st.booleans()),
        )
        for balancer in range(draw(st.integers(0, 2)))
    )
    return Snapshot(
        balancers,
        tuple(
            TargetGroup(
                group_arn(number),
                protocol=draw(st.sampled_from(["HTTP", "HTTPS"])),
                protocol_version=draw(st.sampled_from(["HTTP1", "HTTP2"])),
                algorithm=draw(st.sampled_from(["round_robin", "least_outstanding_requests", "weighted_random"])),
                slow_start=draw(st.sampled_from([0, 30])),
                health_check=draw(st.none() | checks),
                stickiness=draw(st.none() | st.just(TargetStickiness("AWSALB", 60))),
                endpoints=draw(
                    st.lists(endpoints, unique_by=lambda item: (item.address, item.port), max_size=3).map(tuple)
                ),
            )
            for number in range(groups)
        ),
    )
