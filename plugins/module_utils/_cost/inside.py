# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the network, the tasks and the database cost. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Item, hourly
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import MONTH_DAYS, MONTH_HOURS, Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import Price, PriceBook
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import NONE, Spread, flat

COMPRESSION = 0.15
"""CloudWatch Logs bills what is kept after its own compression; AWS's examples count 0.15 GB for each GB."""


def network(env: Environment, book: PriceBook) -> Iterator[Item]:
    gateways = env.network.nat_gateways
    yield hourly("vpc", "NAT gateways", gateways, book["nat_hour"])
    yield hourly("vpc", "public IPv4 addresses of NAT gateways", gateways, book["ipv4_hour"])
    yield Item("vpc", "through NAT gateways", through_nat(env), book["nat_gb"])
    yield Item("vpc", "tasks to the Internet", outbound_gb(env) if gateways else NONE, book["internet_gb"])
    if env.network.nat == "single":
        # Tasks of the other zones reach the one gateway across zones, billed 0.01 out and 0.01 in.
        share = (env.network.zones - 1) / env.network.zones
        yield Item("vpc", "to a NAT gateway in another zone", through_nat(env) * (2 * share), book["cross_zone_gb"])
    endpoints = env.network.interface_endpoints
    yield hourly("vpc", "interface endpoints, each zone", endpoints * env.network.zones, book["endpoint_hour"])
    yield Item("vpc", "through interface endpoints", env.log_gb if endpoints else NONE, book["endpoint_gb"])
    if env.network.flow_logs:
        logged = flow_log_gb(env)
        yield Item("vpc", "flow logs, taken in", logged, book["flow_log_in_gb"])
        yield Item("vpc", "flow logs, kept", kept_gb(logged, env.network.flow_log_days), book["log_kept_gb"])


def through_nat(env: Environment) -> Spread:
    """GB a month: calls of others' APIs, logs unless an endpoint takes them, the database unless it has its own."""
    if not env.network.nat_gateways:
        return NONE
    logs = NONE if env.network.interface_endpoints else env.log_gb
    database = NONE if env.database.private_endpoint else env.database_gb
    return outbound_gb(env) + logs + database


def outbound_gb(env: Environment) -> Spread:
    """GB a month to Google, Microsoft, SendGrid."""
    dynamic = env.traffic.requests * (1 - env.traffic.static_share)
    return dynamic * env.traffic.outbound_kb * 1e-6


def flow_log_gb(env: Environment) -> Spread:
    """GB a month; what the Internet tries at the balancer's addresses is logged as well."""
    return env.origin_requests * env.traffic.flow_log_kb * 1e-6 + env.traffic.flow_log_base_gb


def kept_gb(taken_in: Spread, days: int) -> Spread:
    """GB that stand in the log group once it is as old as its retention; 0 days is for ever: a first year of it."""
    return taken_in * (COMPRESSION * (days or 365) / MONTH_DAYS)


def log_kept_gb(env: Environment) -> Spread:
    known = env.service.log_kept_gb
    return kept_gb(env.log_gb, env.service.log_days) if known is None else flat(known)


def tasks(env: Environment, book: PriceBook, free: Allowances) -> Iterator[Item]:
    service = env.service
    architecture = service.architecture.lower()
    processors, memory = service.cpu / 1024, service.memory / 1024
    for name, count, ratio in (("", 1 - service.spot_share, 1.0), (" on Spot", service.spot_share, None)):
        paid = book["fargate_spot_ratio"].usd if ratio is None else ratio
        hours = service.tasks * (count * MONTH_HOURS)
        vcpu, gigabyte = book[f"fargate_{architecture}_vcpu_hour"], book[f"fargate_{architecture}_gb_hour"]
        yield Item("ecs", f"tasks{name}, vCPU", hours * processors, discounted(vcpu, paid))
        yield Item("ecs", f"tasks{name}, memory", hours * memory, discounted(gigabyte, paid))
    # For the length of a release there are twice as many tasks, and the former colour stays warm after it.
    extra = env.store.releases * env.store.release_hours * service.tasks.low
    price = processors * book[f"fargate_{architecture}_vcpu_hour"].usd
    price += memory * book[f"fargate_{architecture}_gb_hour"].usd
    base = book[f"fargate_{architecture}_vcpu_hour"]
    hour = Price(price, "task-h", base.source, base.date, base.evidence)
    yield Item("ecs", "second colour during releases", extra, hour)
    yield Item("ecs", "logs, taken in", env.log_gb, book["log_in_gb"], free.log_gb)
    yield Item("ecs", "logs, kept", log_kept_gb(env), book["log_kept_gb"])


def discounted(price: Price, ratio: float) -> Price:
    return Price(price.usd * ratio, price.unit, price.source, price.date, price.evidence)


def database(env: Environment, book: PriceBook) -> Iterator[Item]:
    base = env.database
    if base.size == "M0":
        return
    if base.size == "FLEX":
        yield from flex(book)
        return
    yield hourly("atlas", f"cluster {base.size}, three nodes", 1, book.cluster(base.size))
    yield Item("atlas", "snapshots", base.data_gb * base.backup_ratio, book["atlas_backup_gb"])
    # Atlas and AWS both bill the way between, Atlas for what it sends, AWS for both directions of a public address.
    yield Item("atlas", "Atlas to tasks", env.database_gb, book["atlas_transfer_gb"])
    if not base.private_endpoint:
        yield Item("atlas", "between tasks and Atlas, in the region", env.database_gb, book["cross_zone_gb"])
        return
    yield hourly("atlas", "Atlas's side of the private endpoint", 1, book["atlas_endpoint_hour"])
    yield hourly("atlas", "private endpoint, each zone", env.network.zones, book["endpoint_hour"])
    yield Item("atlas", "through the private endpoint", env.database_gb, book["endpoint_gb"])


def flex(book: PriceBook) -> Iterator[Item]:
    """A price that grows with operations a second: its own spread, on a quantity of one month."""
    steps = [book[f"atlas_flex_{step}_month"] for step in ("low", "step", "high")]
    month = Price(1.0, "USD", steps[0].source, steps[0].date, steps[0].evidence)
    yield Item("atlas", "cluster FLEX, by operations a second", Spread(*(step.usd for step in steps)), month)
