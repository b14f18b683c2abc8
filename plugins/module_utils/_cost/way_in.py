# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the way in costs: balancer, name, CloudFront, WAF. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Item, hourly
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, flat, largest

LCU_CONNECTIONS = 25
"""New connections a second of one LCU, or 1 GB an hour: the busier is billed. Its third measure, rule evaluations,
never is here: ten rules are free and there are three. https://aws.amazon.com/elasticloadbalancing/pricing/"""

QUERY_SHARE = 0.05
"""Names asked of Route 53 for each request: resolvers and browsers keep the rest."""


def balancer(env: Environment, book: PriceBook) -> Iterator[Item]:
    if not env.balancer.exists:
        return
    yield hourly("alb", "load balancer", 1, book["balancer_hour"])
    yield hourly("alb", "public IPv4 addresses, one a zone", env.network.zones, book["ipv4_hour"])
    yield Item("alb", "capacity units (LCU)", lcu_hours(env), book["lcu_hour"])


def lcu_hours(env: Environment) -> Spread:
    """LCU hours a month, at the month's mean; every request counted as a new connection."""
    connections = env.origin_requests * (1 / (3600 * LCU_CONNECTIONS))
    gigabytes = env.origin_response_gb + env.request_gb
    return largest(connections, gigabytes)


def edge(env: Environment, book: PriceBook, free: Allowances) -> Iterator[Item]:
    requests = env.traffic.requests
    if env.edge.cloudfront:
        # What the balancer sends to CloudFront is not billed: https://aws.amazon.com/cloudfront/pricing/
        yield Item("dns", "CloudFront to users", env.response_gb, book["cloudfront_gb"], free.cloudfront_gb)
        yield Item("dns", "CloudFront to the balancer", env.request_gb, book["cloudfront_origin_gb"])
        yield Item("dns", "CloudFront requests", requests, book["cloudfront_request"], free.cloudfront_requests)
        # Static files pass the function that says how long browsers keep them; whether dns has one is not asked.
        calls = requests * env.traffic.static_share
        yield Item("dns", "CloudFront function", calls, book["cloudfront_function"], free.cloudfront_functions)
    else:
        yield Item("dns", "balancer to users", env.response_gb, book["internet_gb"], free.internet_gb)
    yield Item("dns", "hosted zones", flat(env.edge.zones), book["hosted_zone_month"])
    # Queries of an alias to CloudFront or a balancer are free; those of the other records (SendGrid's) are not.
    yield Item("dns", "queries that are not of an alias", requests * (QUERY_SHARE * 0.01), book["dns_query"])
    yield Item("dns", "health check", flat(int(env.edge.health_check)), book["health_check_month"])
    if env.edge.waf_rules:
        yield Item("dns", "WAF web ACL", flat(1), book["web_acl_month"])
        yield Item("dns", "WAF rules", flat(env.edge.waf_rules), book["waf_rule_month"])
        yield Item("dns", "WAF requests", requests, book["waf_request"])
