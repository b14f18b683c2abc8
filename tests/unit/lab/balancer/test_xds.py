import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from lab.balancer.envoy import binary
from lab.balancer.model import (
    Certificate,
    Condition,
    Endpoint,
    FixedResponse,
    Forward,
    Listener,
    LoadBalancer,
    Redirect,
    Rule,
    Snapshot,
    TargetGroup,
    TargetStickiness,
    WeightedGroup,
)
from lab.balancer.xds import assignment, bootstrap, certificate_files, cluster, render
from lab.ca import LocalCa
from lab.settings import Settings
from tests.unit.lab.balancer.snapshots import ARN, group_arn, listener_arn, snapshots

HERE = Path("/envoy")


def mapped(port: int) -> int:
    return port + 8000 if port < 1024 else port


def resources(files: dict[str, str], name: str) -> list[dict[str, Any]]:
    return list(json.loads(files[name])["resources"])


def clusters_of(route: dict[str, Any]) -> list[str]:
    forward = route.get("route", {})
    return [item["name"] for item in forward.get("weighted_clusters", {}).get("clusters", [])]


@given(snapshots())
def test_every_cluster_that_a_route_names_is_configured_with_its_endpoints(snapshot: Snapshot) -> None:
    files = render(snapshot, HERE, mapped).files
    clusters = {cluster["name"] for cluster in resources(files, "cds.json")}
    named = {
        name
        for file in files
        if file.startswith("rds.")
        for host in resources(files, file)[0]["virtual_hosts"]
        for route in host["routes"]
        for name in clusters_of(route)
    }
    assert named <= clusters
    assert {f"eds.{name}.json" for name in clusters} == {file for file in files if file.startswith("eds.")}
    assert clusters == {group.cluster for group in snapshot.groups if group.arn in snapshot.used()}


@given(snapshots())
def test_every_listener_is_there_with_its_routes(snapshot: Snapshot) -> None:
    rendered = render(snapshot, HERE, mapped)
    listeners = resources(rendered.files, "lds.json")
    assert len(listeners) == sum(len(balancer.listeners) for balancer in snapshot.balancers)
    assert {listener["name"] for listener in listeners} == rendered.listeners
    assert {f"rds.{name}.json" for name in rendered.listeners} == {
        file for file in rendered.files if file.startswith("rds.")
    }
    assert not rendered.troubles


@given(snapshots())
def test_what_is_referred_to_is_written_first(snapshot: Snapshot) -> None:
    kinds = [name.partition(".")[0] for name in render(snapshot, HERE, mapped).files]
    order = [kind for kind in kinds if kind in ("eds", "cds", "rds", "lds")]
    assert order == sorted(order, key=["eds", "cds", "rds", "lds"].index)


def test_a_lingering_group_keeps_its_cluster_until_it_is_deleted() -> None:
    group = TargetGroup(group_arn(1))
    kept = render(Snapshot((), (group,)), HERE, mapped, {group.arn})
    assert [cluster["name"] for cluster in resources(kept.files, "cds.json")] == [group.cluster]
    assert resources(render(Snapshot(), HERE, mapped, {group.arn}).files, "cds.json") == []


def test_a_group_with_only_draining_targets_takes_nothing_new() -> None:
    draining, fresh = Endpoint("127.0.0.2", 1, draining=True), Endpoint("127.0.0.3", 1)
    assert "policy" in assignment(TargetGroup(group_arn(1), endpoints=(draining,)))
    assert "policy" not in assignment(TargetGroup(group_arn(1), endpoints=(draining, fresh)))
    assert "policy" not in assignment(TargetGroup(group_arn(1)))


def test_draining_is_passed_on_at_once_and_only_a_wholly_unhealthy_group_fails_open() -> None:
    settings = cluster(TargetGroup(group_arn(1)), HERE)["common_lb_config"]
    assert settings["update_merge_window"] == "0s"
    assert settings["healthy_panic_threshold"] == {"value": 1.0}


def test_listeners_whose_ports_fall_together_are_told() -> None:
    rule = Rule("default", None, FixedResponse(200))
    listeners = tuple(Listener(listener_arn(1, port), port, "HTTP", (rule,)) for port in (80, 8080))
    rendered = render(Snapshot((LoadBalancer(f"{ARN}:loadbalancer/app/lb-1/1", "127.0.0.2", listeners),)), HERE, mapped)
    assert len(rendered.listeners) == 1
    assert len(rendered.troubles) == 1


def test_https_without_a_certificate_that_can_be_read_is_told() -> None:
    listener = Listener(listener_arn(1, 1), 443, "HTTPS", (Rule("default", None, FixedResponse(200)),))
    balancer = LoadBalancer(f"{ARN}:loadbalancer/app/lb-1/1", "127.0.0.2", (listener,))
    rendered = render(Snapshot((balancer,)), HERE, mapped)
    assert not rendered.listeners
    assert "certificate" in rendered.troubles[0]


def test_keys_do_not_show() -> None:
    certificate = Certificate("arn", "chain", "SECRET")
    listener = Listener(listener_arn(1, 1), 443, "HTTPS", (Rule("default", None, FixedResponse(200)),), (certificate,))
    rendered = render(
        Snapshot((LoadBalancer(f"{ARN}:loadbalancer/app/lb-1/1", "127.0.0.2", (listener,)),)), HERE, mapped
    )
    assert "SECRET" not in repr(rendered) + repr(certificate) + rendered.files["lds.json"]
    assert certificate_files(certificate).keys() <= rendered.files.keys()


def validate(snapshot: Snapshot, directory: Path) -> None:
    """Ask Envoy itself, with the discovered resources made static: it does not look at them otherwise."""
    directory.mkdir(exist_ok=True)
    files = render(snapshot, directory, mapped).files
    for name, content in files.items():
        (directory / name).write_text(content)
    config = bootstrap(directory)
    del config["dynamic_resources"]
    listeners, clusters = resources(files, "lds.json"), resources(files, "cds.json")
    for listener in listeners:
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        name = manager.pop("rds")["route_config_name"]
        manager["route_config"] = resources(files, f"rds.{name}.json")[0]
        del manager["route_config"]["@type"]
    for item in clusters:
        del item["eds_cluster_config"]
        item["type"] = "STATIC"
        item["load_assignment"] = resources(files, f"eds.{item['name']}.json")[0]
        del item["load_assignment"]["@type"]
    for resource in [*listeners, *clusters]:
        del resource["@type"]
    config["static_resources"] = {"listeners": listeners, "clusters": clusters}
    (directory / "static.json").write_text(json.dumps(config))
    done = subprocess.run(
        [binary(), "--mode", "validate", "-c", directory / "static.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshot=snapshots())
def test_envoy_accepts_what_is_rendered(snapshot: Snapshot, tmp_path: Path) -> None:
    validate(snapshot, tmp_path / "envoy")


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[Certificate, ...]:
    authority = LocalCa(Settings(tmp_path / "lab", "127.92", tmp_path))
    issued = [authority.issue([name]) for name in ("calstack.localhost", "other.localhost")]
    return tuple(
        Certificate(f"arn-{number}", (one.certificate + one.chain).decode(), one.key.decode())
        for number, one in enumerate(issued)
    )


def test_envoy_accepts_everything_at_once(certificates: tuple[Certificate, ...], tmp_path: Path) -> None:
    blue = TargetGroup(group_arn(0), endpoints=(Endpoint("127.92.16.1", 5000), Endpoint("127.92.16.2", 5000, True)))
    green = TargetGroup(
        group_arn(1), stickiness=TargetStickiness("AWSALB", 60), endpoints=(Endpoint("127.92.16.3", 1, True),)
    )
    both = Forward((WeightedGroup(blue.arn, 90), WeightedGroup(green.arn, 10)), 60)
    test_rule = Rule(
        "test", 1, Forward((WeightedGroup(green.arn, 1),)), (Condition("http-header", ("green",), "X-Candidate"),)
    )
    long = Rule(
        "long",
        2,
        FixedResponse(503, "<p>50%</p>"),
        (Condition("path-pattern", tuple(f"/{'x*' * 60}{n}" for n in range(5))),),
    )
    listeners = (
        Listener(listener_arn(1, 1), 80, "HTTP", (Rule("r", None, Redirect(301, "HTTPS", port="443")),)),
        Listener(
            listener_arn(1, 2),
            443,
            "HTTPS",
            (Rule("d", None, both), test_rule, long),
            certificates,
            ("TLSv1.3", "TLSv1.3"),
        ),
        Listener(listener_arn(1, 3), 444, "HTTPS", (Rule("d", None, both),), certificates[:1], ("TLSv1.0", "TLSv1.2")),
    )
    balancer = LoadBalancer(f"{ARN}:loadbalancer/app/lb-1/1", "127.92.1.1", listeners)
    validate(Snapshot((balancer,), (blue, green)), tmp_path / "envoy")
