"""Bills calculated by hand: the arithmetic stands in the test, with the prices of 2026 in Ireland."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import ALWAYS_FREE, Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.estimate import estimate
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import (
    Balancer,
    Database,
    Edge,
    Environment,
    Network,
    Service,
    Store,
    Traffic,
    Watch,
)
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import MEMORY, PRICE_LIST, Price, given
from ansible_collections.calstack.aws.plugins.module_utils._cost.prices.regions import book
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, flat

IRELAND = book("eu-west-1")

NOBODY = Traffic(requests=flat(0), flow_log_base_gb=flat(0), log_bytes=0)
BARE = Environment(
    name="bare",
    region="eu-west-1",
    network=Network(zones=2, nat="none"),
    service=Service(tasks=flat(0), tasks_min=0, insights="disabled"),
    balancer=Balancer(exists=False),
    edge=Edge(cloudfront=False, zones=0),
    database=Database(size="M0"),
    watch=Watch(alarm_metrics=0, scaling_alarms=0, composite_alarms=0, dashboards=0, custom_metrics=0, emails=flat(0)),
    store=Store(secrets=0, images=0, releases=flat(0)),
    traffic=NOBODY,
)
"""Nothing but the releases' table and a few calls: 0.05 GB * (0.283 + 0.22) + 1,000 * 0.000005."""
BARE_USD = 0.02515 + 0.005


def added(env, component=None, case="expected", free=None):
    """What `env` costs more than nothing, or what its component does."""
    bill = estimate(env, IRELAND, free) if free else estimate(env, IRELAND)
    if component:
        return getattr(bill.components[component], case)
    return getattr(bill.usd, case) - BARE_USD


def test_nothing_costs_next_to_nothing():
    bill = estimate(BARE, IRELAND)
    assert bill.usd.expected == pytest.approx(BARE_USD)
    assert bill.usd.fixed


@pytest.mark.parametrize(
    ("zones", "nat", "usd"),
    [
        (2, "none", 0.0),
        (2, "single", 730 * 0.048 + 730 * 0.005),  # 35.04 + 3.65
        (2, "per_zone", 2 * (35.04 + 3.65)),
        (3, "per_zone", 3 * (35.04 + 3.65)),
    ],
)
def test_a_nat_gateway_costs_its_hours_and_its_address(zones, nat, usd):
    assert added(replace(BARE, network=Network(zones=zones, nat=nat))) == pytest.approx(usd)


def test_an_interface_endpoint_costs_its_hours_in_each_zone():
    env = replace(BARE, network=Network(zones=3, nat="none", interface_endpoints=4))
    assert added(env) == pytest.approx(4 * 3 * 730 * 0.011)  # 96.36


def test_what_goes_through_nat_is_counted_each_way_it_is_billed():
    # 1,000,000 requests, 40 % not static: 400,000 * (10 + 2) KB = 4.8 GB, of it 0.8 to others on the Internet.
    env = replace(
        BARE,
        network=Network(zones=2, nat="single"),
        traffic=replace(NOBODY, requests=flat(1_000_000)),
        database=Database(size="M0"),
    )
    gateway = 35.04 + 3.65
    processed = 4.8 * 0.048
    internet = 0.8 * 0.09
    other_zone = 4.8 * 0.5 * 2 * 0.01  # half of it, billed out and in
    assert added(env, "vpc") == pytest.approx(gateway + processed + internet + other_zone)


def test_flow_logs_are_taken_in_and_kept():
    env = replace(
        BARE,
        network=Network(nat="none", flow_logs=True, flow_log_days=30),
        traffic=replace(NOBODY, flow_log_base_gb=flat(2)),
    )
    kept = 2 * 0.15 * 30 / (730 / 24)
    assert added(env) == pytest.approx(2 * 0.57 + kept * 0.03)


def test_a_balancer_costs_its_hours_an_address_a_zone_and_the_busiest_unit():
    # 9,000,000 requests: 9e6 / 3600 / 25 = 100 LCU-h by connections; 9e6 * (0.4 * 20 + 0.6 * 40 + 2) KB = 306 GB: more.
    env = replace(BARE, balancer=Balancer(), traffic=replace(NOBODY, requests=flat(9_000_000)))
    assert added(env, "alb") == pytest.approx(730 * 0.0252 + 2 * 730 * 0.005 + 306 * 0.008)


def test_connections_are_billed_where_they_are_the_busiest():
    small = replace(NOBODY, requests=flat(9_000_000), dynamic_kb=1, static_kb=1, request_kb=1)  # 18 GB
    env = replace(BARE, balancer=Balancer(), traffic=small)
    assert added(env, "alb") == pytest.approx(730 * 0.0252 + 2 * 730 * 0.005 + 100 * 0.008)


@pytest.mark.parametrize(("architecture", "vcpu", "gb"), [("X86_64", 0.04048, 0.004445), ("ARM64", 0.03238, 0.00356)])
def test_tasks_cost_processors_and_memory(architecture, vcpu, gb):
    service = Service(cpu=512, memory=1024, architecture=architecture, tasks=Spread(2, 3, 4), insights="disabled")
    env = replace(BARE, service=service)
    for case, count in (("low", 2), ("expected", 3), ("high", 4)):
        assert added(env, "ecs", case) == pytest.approx(count * 730 * (0.5 * vcpu + 1 * gb))


def test_a_share_on_spot_costs_its_part_of_the_price():
    env = replace(BARE, service=Service(tasks=flat(2), spot_share=0.5, insights="disabled"))
    full = 2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445)
    assert added(env, "ecs") == pytest.approx(full * (0.5 + 0.5 * 0.35))


def test_releases_run_the_second_colour_for_a_while():
    env = replace(
        BARE, service=Service(tasks=flat(2), insights="disabled"), store=replace(BARE.store, releases=flat(10))
    )
    task_hour = 0.25 * 0.04048 + 0.5 * 0.004445
    assert added(env, "ecs") == pytest.approx(2 * 730 * task_hour + 10 * 0.6 * 2 * task_hour)


def test_logs_count_health_checks_as_well():
    # 2 tasks * 2 zones * a check each 10 s of 730 h = 1,051,200 lines; with 600,000 requests * 300 bytes = 0.49536 GB
    env = replace(
        BARE,
        balancer=Balancer(health_check_interval=10),
        service=Service(tasks=flat(2), insights="disabled", log_days=90),
        traffic=replace(NOBODY, requests=flat(600_000), log_bytes=300),
    )
    gigabytes = (600_000 + 1_051_200) * 300e-9
    kept = gigabytes * 0.15 * 90 / (730 / 24)
    tasks = 2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445)
    assert added(env, "ecs") == pytest.approx(tasks + gigabytes * 0.57 + kept * 0.03)


def test_logs_that_are_never_deleted_are_counted_for_a_year():
    forever, year = (
        replace(BARE, network=Network(nat="none", flow_logs=True, flow_log_days=days), traffic=Traffic())
        for days in (0, 365)
    )
    assert estimate(forever, IRELAND).usd == estimate(year, IRELAND).usd


def test_cloudfront_is_billed_for_users_origin_requests_and_the_function_of_static_files():
    # 1,000,000 requests: 32 GB to users; 400,000 * 2 KB to the balancer; 600,000 for static files
    env = replace(BARE, edge=Edge(zones=1), traffic=replace(NOBODY, requests=flat(1_000_000)))
    queries = 1_000_000 * 0.05 * 0.01 * 0.0000004
    requests = 1_000_000 * 0.0000012 + 600_000 * 0.0000001
    assert added(env, "dns") == pytest.approx(32 * 0.085 + 0.8 * 0.02 + requests + 0.5 + queries)
    free = added(env, "dns", free=Allowances(cloudfront_functions=600_000))
    assert added(env, "dns") - free == pytest.approx(0.06)


def test_without_cloudfront_the_balancer_sends_all_to_the_internet():
    env = replace(BARE, traffic=replace(NOBODY, requests=flat(1_000_000)))
    assert added(env, "dns") == pytest.approx(32 * 0.09 + 1_000_000 * 0.05 * 0.01 * 0.0000004)


def test_waf_costs_its_acl_rules_and_requests():
    env = replace(BARE, edge=Edge(cloudfront=False, zones=0, waf_rules=3, health_check=True))
    assert added(env, "dns") == pytest.approx(5 + 3 * 1 + 1.5)


def test_a_dedicated_cluster_costs_hours_snapshots_and_transfer():
    base = replace(BARE, traffic=replace(NOBODY, requests=flat(1_000_000)))  # 4 GB between tasks and database
    public = replace(base, database=Database(size="M10", data_gb=flat(2)))
    cluster = 730 * 0.09 + 2 * 2 * 0.14
    assert added(public, "atlas") == pytest.approx(cluster + 4 * 0.01 + 4 * 0.01)
    private = replace(base, database=Database(size="M10", data_gb=flat(2), private_endpoint=True))
    endpoint = 730 * 0.01 + 2 * 730 * 0.011 + 4 * 0.01
    assert added(private, "atlas") == pytest.approx(cluster + 4 * 0.01 + endpoint)


def test_small_clusters_cost_what_atlas_says():
    assert added(replace(BARE, database=Database(size="M0"))) == pytest.approx(0)
    flex = estimate(replace(BARE, database=Database(size="FLEX")), IRELAND).components["atlas"]
    assert flex == Spread(8, 15, 30)


def test_alarms_dashboard_and_metrics():
    watch = Watch(alarm_metrics=21, composite_alarms=1, dashboards=1, custom_metrics=2, emails=flat(1_000))
    assert added(replace(BARE, watch=watch)) == pytest.approx((21 + 8) * 0.1 + 0.5 + 3 + 2 * 0.3 + 1_000 * 0.00002)


def test_container_insights():
    standard = replace(BARE, service=Service(tasks=flat(2), insights="enabled"))
    events = (2 * 2 + 3) * 730 * 60 * 700e-9 * 0.57
    assert added(standard, "monitoring") == pytest.approx(42 * 0.3 + events)
    enhanced = replace(BARE, service=Service(tasks=flat(2), insights="enhanced"))
    assert added(enhanced, "monitoring") == pytest.approx((60 + 2 * 40) * 0.07)


def test_secrets_keys_and_images():
    store = Store(secrets=3, customer_keys=1, images=30, image_gb=0.1, releases=flat(0))
    assert added(replace(BARE, store=store)) == pytest.approx(3 * 0.4 + 1 + (0.2 + 3) * 0.1)


def test_releases_write_read_and_tell():
    env = replace(BARE, store=replace(BARE.store, releases=flat(10)))
    usd = 15_000 * 0.000000705 + 30_000 * 0.0000001415 + 4_000 * 0.00001 + 100 * 0.0000005 + 40 * 0.000001
    assert added(env) == pytest.approx(usd)


def test_allowances_are_taken_off_the_quantity_and_never_below_zero():
    env = replace(BARE, watch=replace(BARE.watch, alarm_metrics=12, dashboards=2))
    assert added(env) == pytest.approx(12 * 0.1 + 2 * 3)
    assert added(env, "monitoring", free=ALWAYS_FREE) == pytest.approx(2 * 0.1)


def test_a_size_without_a_price_says_where_to_find_one():
    env = replace(BARE, database=Database(size="M140"))
    with pytest.raises(InputError, match=r"M140.*M0, FLEX, M10, M20, M30.*cost_prices: \{atlas_m140_hour"):
        estimate(env, IRELAND)
    assert added_with(env, {"atlas_m140_hour": 10}) == pytest.approx(7_300, abs=10)


def added_with(env, prices):
    return estimate(env, given(IRELAND, prices)).usd.expected


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"nat_hour": "dear"}, "cost_prices.nat_hour is 'dear': it must be USD"),
        ({"nat_hour": -1}, "cannot be negative"),
        ({"nat_hour": "inf"}, "infinite"),
        ({"nat_hours": 1}, "no such price"),
    ],
)
def test_a_price_that_is_none_is_refused(prices, words):
    with pytest.raises(InputError, match=words):
        given(IRELAND, prices)


def test_a_region_that_is_not_known_is_refused():
    with pytest.raises(InputError, match=r"eu-central-1.*cost_price_file"):
        book("eu-central-1")
    with pytest.raises(InputError, match="there is no price nat_hour"):
        book("eu-central-1", elsewhere=True)["nat_hour"]


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_every_region_has_every_price_with_its_source(region):
    prices = book(region).prices
    assert prices.keys() == book("eu-west-1").prices.keys()
    for price in prices.values():
        assert isinstance(price, Price)
        assert price.usd > 0
        assert price.source
        assert price.date or price.evidence != PRICE_LIST
        assert not (price.date and price.evidence == MEMORY)


def test_what_is_not_verified_is_known():
    bill = estimate(replace(BARE, database=Database(size="M10")), IRELAND)
    assert [item.name for item in bill.unverified if item.name.startswith("cluster")] == ["cluster M10, three nodes"]
    assert bill.dates == ("2026-09-11", "2026-09-11")
