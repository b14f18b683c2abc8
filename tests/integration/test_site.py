"""The site on the lab, told as a story: each test starts where the one before has ended."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from lab.settings import CHECKOUT
from tests.integration.laboratory import Laboratory, changed, kill_tree
from tests.integration.traffic import traffic
from tests.waiting import until

SITE, DESTROY = "site.yml", "playbooks/destroy.yml"
EXAMPLE = "docker/example"


def production_rule(laboratory: Laboratory) -> dict:
    elb = laboratory.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["calstack-local-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    https = next(listener["ListenerArn"] for listener in listeners if listener["Port"] == 443)
    rules = elb.describe_rules(ListenerArn=https)["Rules"]
    return next(rule for rule in rules if rule["Priority"] == "100")


def services(laboratory: Laboratory) -> dict[str, dict]:
    names = ["calstack-local-blue", "calstack-local-green"]
    found = laboratory.client("ecs").describe_services(cluster="calstack-local", services=names)["services"]
    return {service["serviceName"].rpartition("-")[2]: service for service in found}


def test_check_on_an_empty_account_lists_all_and_writes_nothing(laboratory):
    before = len(laboratory.calls())
    output = laboratory.play(SITE, "--check", "--diff")
    for line in ("+ VPC calstack-local", "+ load balancer calstack-local-alb", "+ service calstack-local-blue"):
        assert line in output
    assert re.search(r"vpc: \(known after apply\)", output)
    assert laboratory.writes_since(before) == []


def test_without_an_image_the_services_wait_and_the_play_says_what_to_do(laboratory):
    output = laboratory.play(SITE)
    assert "push" in output
    assert [service["desiredCount"] for service in services(laboratory).values()] == [0, 0]


def test_the_first_image_goes_into_blue(laboratory):
    laboratory.lab("image", "calstack:1.0.0", "--source", EXAMPLE)
    laboratory.play(SITE)
    blue, green = services(laboratory)["blue"], services(laboratory)["green"]
    assert (blue["runningCount"], green["desiredCount"]) == (2, 0)


def test_the_application_answers_writes_reads_and_redirects(laboratory):
    with laboratory.web() as client:
        assert client.get("/").status_code == 200
        written = client.post("/api/events", json={"title": "integration"}).json()
        assert client.get(f"/api/events/{written['id']}").json()["data"]["title"] == "integration"
        redirect = client.get(laboratory.shell["LAB_HTTP_URL"])
        assert redirect.status_code == 301
        assert redirect.headers["location"].startswith("https://")


def test_idle_it_takes_little_memory_and_hardly_a_core(laboratory):
    assert {"lab", "envoy", "database"} < laboratory.started().keys()
    assert len([name for name in laboratory.started() if name.startswith("task ")]) == 2
    lab = [Path("/proc") / str(pid) for pid in laboratory.processes()]
    before, started = sum(cpu_of(lab)), time.monotonic()
    time.sleep(10)  # what is measured, not a wait for something
    share = (sum(cpu_of(lab)) - before) / (time.monotonic() - started)
    memory = sum(memory_of(lab))
    print(f"idle: {memory:.0f} MB, {share:.1%} of a core, {len(lab)} processes")
    assert memory < 500
    assert share < 0.05


def cpu_of(processes: list[Path]) -> list[float]:
    """CPU seconds so far."""
    fields = [(entry / "stat").read_text().rpartition(")")[2].split() for entry in processes]
    return [(int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK") for field in fields]


def memory_of(processes: list[Path]) -> list[float]:
    """Proportional set size in MB: what is shared counts once."""
    rollups = [(entry / "smaps_rollup").read_text() for entry in processes]
    return [int(re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)[1]) / 1024 for rollup in rollups]


def test_a_second_run_changes_nothing(laboratory):
    before = len(laboratory.calls())
    output = laboratory.play(SITE)
    assert changed(output) == 0
    assert laboratory.writes_since(before) == []
    # What such a run costs, where no clock is needed to tell: calls, and tasks that a process was forked for.
    calls, tasks = len(laboratory.calls()) - before, sum(map(int, re.findall(r"(?:ok|skipped)=(\d+)", output)))
    print(f"nothing to do: {calls} calls, {tasks} tasks")
    assert calls <= 150
    assert tasks <= 90


def test_check_on_a_full_account_finds_nothing_and_writes_nothing(laboratory):
    before = len(laboratory.calls())
    assert changed(laboratory.play(SITE, "--check", "--diff")) == 0
    assert laboratory.writes_since(before) == []


def test_weights_counts_and_images_belong_to_the_release(laboratory):
    elb, ecs = laboratory.client("elbv2"), laboratory.client("ecs")
    rule = production_rule(laboratory)
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    shifted = [{**group, "Weight": 70 if group["Weight"] else 30} for group in groups]
    action = {"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": shifted}}
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[action])
    ecs.update_service(cluster="calstack-local", service="calstack-local-blue", desiredCount=3)
    until(lambda: services(laboratory)["blue"]["runningCount"] == 3, "a third task")
    before = len(laboratory.calls())
    assert changed(laboratory.play(SITE)) == 0
    assert laboratory.writes_since(before) == []
    weights = {
        group["TargetGroupArn"]: group["Weight"]
        for group in production_rule(laboratory)["Actions"][0]["ForwardConfig"]["TargetGroups"]
    }
    assert weights == {group["TargetGroupArn"]: group["Weight"] for group in shifted}
    assert services(laboratory)["blue"]["desiredCount"] == 3
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=rule["Actions"])
    ecs.update_service(cluster="calstack-local", service="calstack-local-blue", desiredCount=2)
    until(lambda: services(laboratory)["blue"]["runningCount"] == 2, "two tasks")


def test_drift_is_told_by_check_and_mended_by_a_run(laboratory):
    ec2, logs = laboratory.client("ec2"), laboratory.client("logs")
    named = [{"Name": "tag:calstack:environment", "Values": ["local"]}]
    groups = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    tasks = next(group["GroupId"] for group in groups if group["GroupName"].endswith("-tasks"))
    ec2.authorize_security_group_ingress(
        GroupId=tasks,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
    )
    (group,) = logs.describe_log_groups()["logGroups"]
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=1)
    before = len(laboratory.calls())
    output = laboratory.play(SITE, "--check", "--diff")
    assert laboratory.writes_since(before) == []
    assert "22" in output
    assert re.search(r"retention.*: 1 -> ", output)
    assert changed(laboratory.play(SITE)) > 0
    assert changed(laboratory.play(SITE)) == 0
    rules = ec2.describe_security_groups(GroupIds=[tasks])["SecurityGroups"][0]["IpPermissions"]
    assert 22 not in {rule.get("FromPort") for rule in rules}


def test_4000_requests_while_ecs_replaces_one_task_after_the_other_lose_none(laboratory):
    ecs = laboratory.client("ecs")
    first = blue_tasks(laboratory)
    with traffic(laboratory.shell["LAB_URL"], laboratory.shell["LAB_CA"]) as load:
        for task in sorted(first):
            ecs.stop_task(cluster="calstack-local", task=task, reason="replaced by the test")
            until(lambda gone=task: gone not in blue_tasks(laboratory), "the task's end", 90)
            until(lambda: is_steady(laboratory), "a healthy replacement", 90)
        until(lambda: load.answered >= 4000 or not load.running, "4,000 answers", 180)
        assert load.running, "the load was over before the tasks were replaced"
    print(f"load: {load.answered} answered, {len(load.failures)} failed")
    assert load.failures == []
    assert load.answered >= 4000
    assert not first & blue_tasks(laboratory)


def blue_tasks(laboratory: Laboratory) -> set[str]:
    """The tasks that run or are to run."""
    found = laboratory.client("ecs").list_tasks(cluster="calstack-local", serviceName="calstack-local-blue")
    return set(found["taskArns"])


def is_steady(laboratory: Laboratory) -> bool:
    """Whether two tasks run, one deployment is complete, and the balancer finds both tasks healthy and no other."""
    blue = services(laboratory)["blue"]
    group = blue["loadBalancers"][0]["targetGroupArn"]
    health = laboratory.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    (deployment, *others) = blue["deployments"]
    return (
        (blue["runningCount"], blue["pendingCount"]) == (2, 0)
        and deployment["rolloutState"] == "COMPLETED"
        and not others
        and len(blue_tasks(laboratory)) == 2
        and [target["TargetHealth"]["State"] for target in health] == ["healthy", "healthy"]
    )


def test_a_killed_task_is_replaced_and_status_says_so(laboratory):
    ecs = laboratory.client("ecs")
    arns = ecs.list_tasks(cluster="calstack-local", serviceName="calstack-local-blue")["taskArns"]
    victim = ecs.describe_tasks(cluster="calstack-local", tasks=arns[:1])["tasks"][0]
    os.kill(laboratory.started()[f"task {victim['taskArn'].rpartition('/')[2]}"].pid, signal.SIGKILL)
    until(lambda: victim["taskArn"] not in blue_tasks(laboratory), "the task's end")
    until(lambda: services(laboratory)["blue"]["runningCount"] == 2, "two tasks")
    assert "Essential container in task exited" in laboratory.lab("status")


def test_another_application_of_the_same_contract_is_deployed_instead(laboratory, tmp_path):
    (tmp_path / "requirements.txt").write_text((CHECKOUT / EXAMPLE / "requirements.txt").read_text())
    (tmp_path / "app.py").write_text(
        "import os\nfrom flask import Flask\nfrom pymongo import MongoClient\n"
        "app = Flask(__name__)\nevents = MongoClient(os.environ['MONGO_URI'])['other']['events']\n"
        "@app.get('/')\ndef index():\n    return 'another application'\n"
    )
    laboratory.play(DESTROY, "-e", "destroy_confirm=local")
    laboratory.lab("image", "calstack:real", "--source", str(tmp_path))
    laboratory.play(SITE, "-e", "app_image=calstack:real")
    with laboratory.web() as client:
        assert client.get("/").text == "another application"


@pytest.mark.parametrize("writes", [5, 20, 40])
def test_a_run_killed_in_the_middle_is_completed_by_the_next(laboratory, writes):
    laboratory.play(DESTROY, "-e", "destroy_confirm=local")
    before = len(laboratory.calls())
    running = laboratory.start(SITE)
    try:
        until(lambda: len(laboratory.writes_since(before)) >= writes, f"{writes} writing calls", every=0.02)
        assert running.poll() is None, "it was over before it could be killed"
    finally:
        kill_tree(running.pid)
        running.communicate()
    assert changed(laboratory.play(SITE)) > 0
    assert changed(laboratory.play(SITE)) == 0


def test_destroy_removes_all_of_one_environment_and_nothing_of_another(laboratory):
    other = ("-e", "env_name=other", "-e", "vpc_cidr=10.99.0.0/16", "-e", "ecr_repository=calstack-other")
    laboratory.play(SITE, *other)
    before = holdings(laboratory, "other")
    assert len(before) > 20
    output = laboratory.play(DESTROY, code=2)
    assert "-e destroy_confirm=local" in output
    laboratory.play(DESTROY, "-e", "destroy_confirm=local")
    assert holdings(laboratory, "local") == set()
    assert holdings(laboratory, "other") == before
    assert changed(laboratory.play(SITE, *other)) == 0
    laboratory.play(DESTROY, *other, "-e", "destroy_confirm=other")
    assert leftovers(laboratory) == []


def holdings(laboratory: Laboratory, environment: str) -> set[str]:
    """ARNs of all that carries the environment's tag, task definitions that are no longer active aside."""
    pages = laboratory.client("resourcegroupstaggingapi").get_paginator("get_resources")
    found = pages.paginate(TagFilters=[{"Key": "calstack:environment", "Values": [environment]}])
    return {one["ResourceARN"] for page in found for one in page["ResourceTagMappingList"]}


def leftovers(laboratory: Laboratory) -> list[str]:
    """What the account holds, whatever its tags."""
    ec2, elb, ecs = laboratory.client("ec2"), laboratory.client("elbv2"), laboratory.client("ecs")
    vpcs = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]}
    return [
        *vpcs,
        *(item["AllocationId"] for item in ec2.describe_addresses()["Addresses"]),
        *(item["NatGatewayId"] for item in ec2.describe_nat_gateways()["NatGateways"] if item["State"] != "deleted"),
        *(item["LoadBalancerName"] for item in elb.describe_load_balancers()["LoadBalancers"]),
        *(item["TargetGroupName"] for item in elb.describe_target_groups()["TargetGroups"]),
        *ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
        *(
            item["clusterName"]
            for item in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
            if item["status"] == "ACTIVE"
        ),
        *(item["logGroupName"] for item in laboratory.client("logs").describe_log_groups()["logGroups"]),
        *(item["Name"] for item in laboratory.client("secretsmanager").list_secrets()["SecretList"]),
        *(item["repositoryName"] for item in laboratory.client("ecr").describe_repositories()["repositories"]),
        *(item["RoleName"] for item in laboratory.client("iam").list_roles()["Roles"]),
        *(
            item["ResourceId"]
            for item in laboratory.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
                "ScalableTargets"
            ]
        ),
    ]
