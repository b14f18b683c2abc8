from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import ecs_stack as ecs

CONFIGURATION = {"maximumPercent": 150, "minimumHealthyPercent": 50}


def test_a_service_keeps_its_grace_period_and_deployment_configuration(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "kept")
        ecs.service(
            client, "kept", "one", "kept", healthCheckGracePeriodSeconds=42, deploymentConfiguration=CONFIGURATION
        )
    assert "healthCheckGracePeriodSeconds" not in ecs.described(plain, "kept", "one")
    found = ecs.described(mended, "kept", "one")
    assert found["healthCheckGracePeriodSeconds"] == 42
    assert {name: found["deploymentConfiguration"][name] for name in CONFIGURATION} == CONFIGURATION
    assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}
    assert found["createdAt"]


def test_nothing_runs_until_ecs_has_started_it(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "counted")
        ecs.service(client, "counted", "one", "counted")
        client("ecs").update_service(cluster="counted", service="one", desiredCount=5)
    assert ecs.described(plain, "counted", "one")["runningCount"] == 5
    found = ecs.described(mended, "counted", "one")
    assert (found["desiredCount"], found["runningCount"]) == (5, 0)
    assert found["deployments"][0]["desiredCount"] == 5
    assert found["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def deployments_after_an_update(client: Any, **change: Any) -> list[str]:
    cluster = f"updated-{'-'.join(change)}"
    ecs.cluster(client, cluster)
    ecs.service(client, cluster, "one", "updated")
    client("ecs").update_service(cluster=cluster, service="one", **change)
    return [item["status"] for item in ecs.described(client, cluster, "one")["deployments"]]


def test_a_new_task_definition_or_force_begins_a_deployment(plain: Any, mended: Any) -> None:
    assert deployments_after_an_update(plain, taskDefinition=ecs.definition(plain, "newer")) == ["PRIMARY"]
    assert deployments_after_an_update(mended, taskDefinition=ecs.definition(mended, "newer")) == ["PRIMARY", "ACTIVE"]
    assert deployments_after_an_update(mended, forceNewDeployment=True) == ["PRIMARY", "ACTIVE"]
    assert deployments_after_an_update(mended, desiredCount=3) == ["PRIMARY"]
    assert deployments_after_an_update(mended, healthCheckGracePeriodSeconds=9) == ["PRIMARY"]


def test_service_deployments_can_be_listed_and_described(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "history")
        ecs.service(client, "history", "one", "history")
    with pytest.raises(ClientError):
        plain("ecs").list_service_deployments(cluster="history", service="one")
    listed = mended("ecs").list_service_deployments(cluster="history", service="one")["serviceDeployments"]
    assert [item["status"] for item in listed] == ["IN_PROGRESS"]
    arn = listed[0]["serviceDeploymentArn"]
    answer = mended("ecs").describe_service_deployments(serviceDeploymentArns=[arn, arn + "0"])
    assert [item["serviceDeploymentArn"] for item in answer["serviceDeployments"]] == [arn]
    assert [item["reason"] for item in answer["failures"]] == ["MISSING"]


def test_a_service_of_the_same_name_is_refused(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "twice")
        ecs.service(client, "twice", "one", "twice")
    ecs.service(plain, "twice", "one", "twice")
    with pytest.raises(ClientError, match="not idempotent"):
        ecs.service(mended, "twice", "one", "twice")


def test_a_target_group_without_a_balancer_is_refused(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "unbalanced")
        vpc = client("ec2").create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
        group = client("elbv2").create_target_group(Name="alone", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        balancers = [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}]
        if client is plain:
            ecs.service(client, "unbalanced", "one", "unbalanced", loadBalancers=balancers)
        else:
            with pytest.raises(ClientError, match="does not have an associated load balancer"):
                ecs.service(client, "unbalanced", "one", "unbalanced", loadBalancers=balancers)


@pytest.mark.parametrize("missing", ["containerName", "containerPort"])
def test_a_load_balancer_without_its_container_is_refused(plain: Any, mended: Any, missing: str) -> None:
    whole = {"loadBalancerName": "classic", "containerName": "app", "containerPort": 80}
    balancers = [{name: value for name, value in whole.items() if name != missing}]
    for client in (plain, mended):
        ecs.cluster(client, "portless")
    ecs.service(plain, "portless", missing, "portless", loadBalancers=balancers)
    with pytest.raises(ClientError, match="can not be blank"):
        ecs.service(mended, "portless", missing, "portless", loadBalancers=balancers)


def test_a_deleted_service_drains_first(plain: Any, mended: Any) -> None:
    statuses = []
    for client in (plain, mended):
        ecs.cluster(client, "deleted")
        ecs.service(client, "deleted", "one", "deleted")
        client("ecs").delete_service(cluster="deleted", service="one", force=True)
        statuses.append(ecs.described(client, "deleted", "one")["status"])
    assert statuses == ["INACTIVE", "DRAINING"]


def run(client: Any, cluster: str, family: str, **extra: Any) -> Any:
    return client("ecs").run_task(
        cluster=cluster, taskDefinition=family, launchType="FARGATE", networkConfiguration=ecs.network(client), **extra
    )["tasks"][0]


def test_a_task_with_task_level_memory_only_runs_and_starts_provisioning(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "run")
        ecs.definition(client, "run")
    with pytest.raises(ClientError):
        run(plain, "run", "run")
    task = run(mended, "run", "run")
    assert (task["lastStatus"], task["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    looked_at = [mended("ecs").describe_tasks(cluster="run", tasks=[task["taskArn"]])["tasks"][0] for _ in range(3)]
    assert [item["lastStatus"] for item in looked_at] == ["PROVISIONING"] * 3
    assert looked_at[0]["containers"][0]["taskArn"] == task["taskArn"]
    assert "exitCode" not in looked_at[0]["containers"][0]


def test_a_task_runs_in_a_vpc_without_dns_host_names(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "nameless")
        ecs.definition(client, "nameless", memory=128, cpu=64)
    with pytest.raises(ClientError):
        run(plain, "nameless", "nameless")
    assert run(mended, "nameless", "nameless")["attachments"][0]["status"] == "ATTACHED"


def test_tasks_spread_over_subnets_and_use_their_addresses_up(plain: Any, mended: Any) -> None:
    used = []
    for client in (plain, mended):
        ecs.cluster(client, "spread")
        ecs.definition(client, "spread", memory=128, cpu=64)
        network = ecs.network(client)
        ecs.name_hosts(client, network)
        awsvpc, ec2 = network["awsvpcConfiguration"], client("ec2")
        vpc = ec2.describe_subnets(SubnetIds=awsvpc["subnets"])["Subnets"][0]["VpcId"]
        awsvpc["subnets"] = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.2.{number}.0/28")["Subnet"]["SubnetId"] for number in (1, 2)
        ]
        for _ in range(3):
            client("ecs").run_task(
                cluster="spread", taskDefinition="spread", launchType="FARGATE", count=8, networkConfiguration=network
            )
        found = ec2.describe_subnets(SubnetIds=awsvpc["subnets"])["Subnets"]
        used.append([subnet["AvailableIpAddressCount"] for subnet in sorted(found, key=lambda item: item["CidrBlock"])])
    assert used == [[-13, 11], [0, 0]]


def run_anywhere(client: Any, cluster: str, **extra: Any) -> Any:
    """RunTask as moto wants it, too: with the container's own CPU and memory, in a VPC with DNS host names."""
    ecs.cluster(client, cluster)
    network = ecs.network(client)
    ecs.name_hosts(client, network)
    ecs.definition(client, cluster, memory=128, cpu=64)
    return client("ecs").run_task(
        cluster=cluster, taskDefinition=cluster, launchType="FARGATE", networkConfiguration=network, **extra
    )["tasks"][0]


def test_stop_task_asks_and_does_not_pretend(plain: Any, mended: Any) -> None:
    before, stopped = (
        client("ecs").stop_task(cluster="stopped", task=run_anywhere(client, "stopped")["taskArn"], reason="enough")[
            "task"
        ]
        for client in (plain, mended)
    )
    assert before["lastStatus"] == "STOPPED"
    assert (stopped["desiredStatus"], stopped["lastStatus"]) == ("STOPPED", "PROVISIONING")
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough")
    with pytest.raises(ClientError, match="The referenced task was not found"):
        mended("ecs").stop_task(cluster="stopped", task="none")


def listed(client: Any, cluster: str, **filters: Any) -> int:
    return len(client("ecs").list_tasks(cluster=cluster, **filters)["taskArns"])


def test_list_tasks_filters_by_service_and_desired_status(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "listed")
        network = ecs.network(client)
        ecs.name_hosts(client, network)
        ecs.definition(client, "listed", memory=128, cpu=64)
        for group in ("service:one", "service:two"):
            client("ecs").run_task(
                cluster="listed",
                taskDefinition="listed",
                launchType="FARGATE",
                networkConfiguration=network,
                group=group,
            )
    assert listed(plain, "listed", serviceName="one") == 2
    assert listed(mended, "listed", serviceName="one") == 1
    assert listed(mended, "listed", family="listed") == 2
    assert listed(mended, "listed", desiredStatus="STOPPED") == 0


def test_secrets_need_an_execution_role(plain: Any, mended: Any) -> None:
    secrets = [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a"}]
    ecs.definition(plain, "secretive", secrets=secrets)
    with pytest.raises(ClientError, match="executionRoleArn"):
        ecs.definition(mended, "secretive", secrets=secrets)


def test_a_log_driver_on_fargate_needs_an_execution_role(plain: Any, mended: Any) -> None:
    driver = {"logDriver": "awslogs", "options": {"awslogs-group": "/app", "awslogs-region": "eu-west-1"}}
    ecs.definition(plain, "logging", logConfiguration=driver)
    with pytest.raises(ClientError, match="execution role ARN to support log driver awslogs"):
        ecs.definition(mended, "logging", logConfiguration=driver)


def test_a_task_definition_has_its_times(plain: Any, mended: Any) -> None:
    before, after = (
        client("ecs").deregister_task_definition(taskDefinition=ecs.definition(client, "timed"))["taskDefinition"]
        for client in (plain, mended)
    )
    assert not {"registeredAt", "deregisteredAt"} & set(before)
    assert after["registeredAt"] <= after["deregisteredAt"]


def test_an_inactive_service_is_not_listed(plain: Any, mended: Any) -> None:
    listed = []
    for client in (plain, mended):
        ecs.cluster(client, "over")
        ecs.service(client, "over", "one", "over", desired=0)
        client("ecs").delete_service(cluster="over", service="one")
        if client is mended:
            assert len(client("ecs").list_services(cluster="over")["serviceArns"]) == 1
            ecs.drain(client)
        assert ecs.described(client, "over", "one")["status"] == "INACTIVE"
        listed.append(len(client("ecs").list_services(cluster="over")["serviceArns"]))
    assert listed == [1, 0]


def test_an_inactive_cluster_is_not_listed(plain: Any, mended: Any) -> None:
    listed = []
    for client in (plain, mended):
        arn = ecs.cluster(client, "former")
        client("ecs").delete_cluster(cluster="former")
        assert client("ecs").describe_clusters(clusters=["former"])["clusters"][0]["status"] == "INACTIVE"
        listed.append(arn in client("ecs").list_clusters()["clusterArns"])
    assert listed == [True, False]


def test_a_cluster_has_capacity_providers_and_is_not_made_twice(plain: Any, mended: Any) -> None:
    tags = [{"key": "kept", "value": "yes"}]
    for client in (plain, mended):
        client("ecs").create_cluster(clusterName="again", tags=tags)
        client("ecs").create_cluster(clusterName="again")
    before, after = (
        client("ecs").describe_clusters(clusters=["again"], include=["TAGS"])["clusters"][0]
        for client in (plain, mended)
    )
    assert "capacityProviders" not in before
    assert not before.get("tags")
    assert (after["capacityProviders"], after["tags"]) == ([], tags)


def test_a_cluster_with_a_service_cannot_be_deleted(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "busy")
        ecs.service(client, "busy", "one", "busy")
    plain("ecs").delete_cluster(cluster="busy")
    with pytest.raises(ClientError, match="Services are active"):
        mended("ecs").delete_cluster(cluster="busy")
    assert mended("ecs").describe_clusters(clusters=["busy"])["clusters"][0]["activeServicesCount"] == 1
