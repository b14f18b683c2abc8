# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What would make an environment cheaper, and what each costs in reliability. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import NOTHING, Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.estimate import estimate
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook

Change = Callable[[Environment], Environment]

ENDPOINTS_WITHOUT_NAT = 4
"""ecr.api, ecr.dkr, logs and secretsmanager: a task cannot start without them. S3's gateway endpoint is free."""


@dataclass(frozen=True)
class Way:
    """A change of the environment; `setting` is what to write in the inventory, `costs` what reliability loses."""

    name: str
    setting: str
    costs: str
    change: Change


@dataclass(frozen=True)
class Saving:
    """`usd` is the difference of the expected month, always above zero."""

    name: str
    setting: str
    costs: str
    usd: float


def savings(env: Environment, book: PriceBook, free: Allowances = NOTHING) -> list[Saving]:
    """Each way that saves something by itself, the largest first. They overlap: their sum is not what all save."""
    now = estimate(env, book, free).usd.expected
    found = [Saving(way.name, way.setting, way.costs, now - _expected(way, env, book, free)) for way in WAYS]
    return sorted((saving for saving in found if saving.usd >= 0.005), key=lambda saving: -saving.usd)


def _expected(way: Way, env: Environment, book: PriceBook, free: Allowances) -> float:
    return estimate(way.change(env), book, free).usd.expected


def highly_available(env: Environment) -> Environment:
    """The same environment built so that a lost zone is not noticed: what that costs more is worth knowing.

    Three zones with a NAT gateway each, a task in each, the name's health watched from outside, a dedicated cluster
    with a private endpoint.
    """
    least = max(env.service.tasks_min, 3)
    return replace(
        env,
        network=replace(env.network, zones=3, nat="per_zone"),
        service=replace(
            env.service, tasks_min=least, tasks=env.service.tasks.each(lambda count: max(count, least)), spot_share=0.0
        ),
        edge=replace(env.edge, health_check=True),
        database=replace(
            env.database, size=env.database.size if env.database.dedicated else "M10", private_endpoint=True
        ),
    )


def _single_nat(env: Environment) -> Environment:
    return env if env.network.nat != "per_zone" else replace(env, network=replace(env.network, nat="single"))


def _endpoints_for_nat(env: Environment) -> Environment:
    """Only where the database has its own way: Atlas cannot be reached without one."""
    if not env.network.nat_gateways or not env.database.private_endpoint:
        return env
    return replace(env, network=replace(env.network, nat="none", interface_endpoints=ENDPOINTS_WITHOUT_NAT))


def _no_endpoints(env: Environment) -> Environment:
    return replace(env, network=replace(env.network, interface_endpoints=0)) if env.network.nat_gateways else env


def _two_zones(env: Environment) -> Environment:
    return replace(env, network=replace(env.network, zones=min(env.network.zones, 2)))


def _arm(env: Environment) -> Environment:
    return replace(env, service=replace(env.service, architecture="ARM64"))


def _spot(env: Environment) -> Environment:
    return replace(env, service=replace(env.service, spot_share=1.0))


def _one_task(env: Environment) -> Environment:
    """As many fewer as the least number falls, but one is always left."""
    fewer = env.service.tasks_min - 1
    tasks = env.service.tasks.each(lambda count: max(count - fewer, min(count, 1.0)))
    return replace(env, service=replace(env.service, tasks_min=min(env.service.tasks_min, 1), tasks=tasks))


def _no_insights(env: Environment) -> Environment:
    return replace(env, service=replace(env.service, insights="disabled"))


def _flex(env: Environment) -> Environment:
    if not env.database.dedicated:
        return env
    return replace(env, database=replace(env.database, size="FLEX", private_endpoint=False))


def _public_way(env: Environment) -> Environment:
    if not env.network.nat_gateways:
        return env
    return replace(env, database=replace(env.database, private_endpoint=False))


def _no_flow_logs(env: Environment) -> Environment:
    return replace(env, network=replace(env.network, flow_logs=False))


def _no_waf(env: Environment) -> Environment:
    return replace(env, edge=replace(env.edge, waf_rules=0))


def _no_dashboard(env: Environment) -> Environment:
    return replace(env, watch=replace(env.watch, dashboards=0))


def _short_logs(env: Environment) -> Environment:
    days = env.service.log_days
    return replace(env, service=replace(env.service, log_days=min(days, 30) if days else 30))


WAYS: Sequence[Way] = (
    Way(
        "one NAT gateway instead of one a zone",
        "vpc_nat: single",
        "When the gateway's zone fails, no task reaches the database, Google or Microsoft until it is back.",
        _single_nat,
    ),
    Way(
        "interface endpoints instead of NAT gateways",
        "vpc_nat: none, vpc_interface_endpoints: [ecr.api, ecr.dkr, logs, secretsmanager]",
        "Tasks have no way to the Internet: signing in with Google or Microsoft and SendGrid's mail end.",
        _endpoints_for_nat,
    ),
    Way(
        "NAT gateways instead of interface endpoints",
        "vpc_interface_endpoints: []",
        "Starting a task and its logs depend on the NAT gateway.",
        _no_endpoints,
    ),
    Way(
        "two zones instead of three",
        "vpc_zone_count: 2",
        "When a zone fails, half of the tasks are gone instead of a third.",
        _two_zones,
    ),
    Way(
        "tasks on ARM64",
        "ecs_cpu_architecture: ARM64",
        "None, but every image must be built for linux/arm64.",
        _arm,
    ),
    Way(
        "tasks on Fargate Spot",
        "no setting yet: the role ecs runs on FARGATE",
        "AWS stops tasks with two minutes' notice, all at once when it runs short: for development only.",
        _spot,
    ),
    Way(
        "one task instead of more",
        "app_tasks_min: 1",
        "A task that dies, or its zone, is an outage of a minute or two.",
        _one_task,
    ),
    Way(
        "no Container Insights",
        "ecs_container_insights: disabled",
        "No metrics of single tasks, network and task counts. CPU and memory of each colour, which autoscaling "
        "and alarms use, stay.",
        _no_insights,
    ),
    Way(
        "a Flex cluster instead of a dedicated one",
        "atlas_instance_size: FLEX",
        "Shared hardware, 5 GB and 500 operations a second at most, one snapshot a day and no point in time, "
        "no private endpoint, no choice of version or window.",
        _flex,
    ),
    Way(
        "Atlas through the NAT gateway instead of a private endpoint",
        "atlas_access: nat",
        "The database is reached by its public address, from the NAT gateways' addresses only.",
        _public_way,
    ),
    Way("no flow logs", "vpc_flow_logs: false", "After an incident nobody can say who spoke to whom.", _no_flow_logs),
    Way("no WAF", "dns_waf: false", "Known attacks and floods reach the application.", _no_waf),
    Way("no dashboard", "monitoring_dashboard: false", "The alarms stay; the one view is gone.", _no_dashboard),
    Way(
        "logs for 30 days",
        "ecs_log_retention_days: 30",
        "What happened longer ago cannot be looked up.",
        _short_logs,
    ),
)
