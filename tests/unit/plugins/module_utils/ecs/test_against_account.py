"""The component against an emulated account: built, started, left alone, completed, mended."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import is_placeholder
from ecs_account import (
    BLUE,
    CLUSTER,
    DIMENSION,
    EVERYTHING,
    GREEN,
    catch_up,
    definition,
    describe,
    image,
    no_change,
    push,
    register,
    released,
    secret,
    site,
    steps,
    target,
    target_groups,
)


class TestWithoutAnImage:
    def test_everything_is_built_and_nothing_runs(self, aws):
        result, published = site(aws, aws.given)
        assert steps(result) == EVERYTHING
        assert published["ecs_waiting_for_image"]
        for name in (BLUE, GREEN):
            assert describe(aws, name)["desiredCount"] == 0
            assert is_placeholder(image(aws, name))
            assert target(aws, name)["MinCapacity"] == 0
        assert no_change(aws)["ecs_waiting_for_image"]

    def test_the_image_that_comes_goes_into_blue_and_later_ones_do_not(self, aws):
        site(aws, aws.given)
        digest = push(aws, "v1")
        result, published = site(aws, aws.given)
        assert steps(result) == [f"update {kind} {BLUE}" for kind in ("task definition", "service", "scalable target")]
        assert "desired_count: 0 -> 2" in show(result.changes)
        assert image(aws, BLUE).endswith(f"@{digest}")
        assert describe(aws, BLUE)["desiredCount"] == 2
        assert target(aws, BLUE)["MinCapacity"] == 2
        assert is_placeholder(image(aws, GREEN))
        assert not published["ecs_waiting_for_image"]
        push(aws, "v2")
        no_change(aws)
        no_change(aws, image="calstack:v2")

    def test_settings_changed_while_waiting_start_with_the_image(self, aws):
        site(aws, aws.given)
        push(aws, "v1")
        site(aws, aws.given | {"port": 8080})
        assert describe(aws, BLUE)["loadBalancers"][0]["containerPort"] == 8080
        assert definition(aws, BLUE)["containerDefinitions"][0]["portMappings"][0]["containerPort"] == 8080
        no_change(aws, port=8080)

    def test_a_missing_image_is_said_before_anything_is_built(self, aws):
        push(aws, "v1")
        aws.calls.clear()
        with pytest.raises(InputError, match="The newest tags there: v1"):
            site(aws, aws.given | {"image": "calstack:v9"})
        assert not aws.writes


class TestWithAnImage:
    def test_a_first_run_starts_blue_and_a_second_does_nothing(self, aws):
        digest = push(aws, "v1")
        result, published = site(aws, aws.given)
        assert steps(result) == EVERYTHING
        assert image(aws, BLUE).endswith(f"@{digest}")
        assert [describe(aws, name)["desiredCount"] for name in (BLUE, GREEN)] == [2, 0]
        assert [target(aws, name)["MinCapacity"] for name in (BLUE, GREEN)] == [2, 0]
        assert published["ecs_task_definition_arns"] == published["ecs_running_task_definition_arns"]
        no_change(aws)
        assert len(aws.calls) < 30, aws.calls

    def test_the_service_is_as_it_should_be(self, built):
        service = describe(built, BLUE)
        assert service["launchType"] == "FARGATE"
        assert service["healthCheckGracePeriodSeconds"] == 60
        assert service["enableECSManagedTags"]
        assert service["propagateTags"] == "SERVICE"
        assert service["loadBalancers"][0]["targetGroupArn"] == built.given["target_group_arns"]["blue"]
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        assert network["assignPublicIp"] == "DISABLED"
        assert set(network["subnets"]) == set(built.given["subnet_ids"])
        breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
        assert breaker == {"enable": True, "rollback": False}

    def test_the_task_is_as_it_should_be(self, built):
        task = definition(built, BLUE)
        container = task["containerDefinitions"][0]
        assert (task["cpu"], task["memory"], task["networkMode"]) == ("256", "512", "awsvpc")
        assert {item["name"]: item["value"] for item in container["environment"]}["APP_COLOUR"] == "blue"
        assert container["secrets"] == [{"name": "KEY", "valueFrom": f"{built.given['secrets']['KEY']}:KEY::"}]
        assert container["stopTimeout"] == 35
        assert container["linuxParameters"] == {"initProcessEnabled": True}
        assert container["logConfiguration"]["options"]["awslogs-group"] == "/calstack-dev/app"
        assert task["executionRoleArn"].endswith("role/calstack-dev-eu-west-1-ecs-execution")

    def test_what_is_the_releases_is_left_alone(self, built):
        released(built)
        before = [(describe(built, name), target(built, name)) for name in (BLUE, GREEN)]
        push(built, "v2")
        published = no_change(built, image="calstack:v2", tasks_min=4)
        after = [(describe(built, name), target(built, name)) for name in (BLUE, GREEN)]
        assert after == before
        assert [service["desiredCount"] for service, _ in after] == [5, 3]
        assert all(found["SuspendedState"]["DynamicScalingInSuspended"] for _, found in after)
        assert published["ecs_running_task_definition_arns"]["green"].endswith("green:2")

    def test_changed_settings_wait_for_the_release_with_its_image(self, built):
        released(built)
        before = [describe(built, name) for name in (BLUE, GREEN)]
        result, published = site(built, built.given | {"memory": 1024})
        assert steps(result) == [f"update task definition {name}" for name in (BLUE, GREEN)]
        assert [describe(built, name) for name in (BLUE, GREEN)] == before
        newest = built("ecs").describe_task_definition(taskDefinition=GREEN)["taskDefinition"]
        assert newest["containerDefinitions"][0]["image"].endswith("@sha256:released")
        assert published["ecs_task_definition_arns"]["green"].endswith("green:3")
        assert published["ecs_running_task_definition_arns"]["green"].endswith("green:2")
        no_change(built, memory=1024)

    def test_what_the_serving_revision_needs_stays_permitted(self, built):
        """Another repository and other secrets: until a release, tasks are replaced with the old ones."""
        new_arn = secret(built, "calstack/dev/other")
        new = built("ecr").create_repository(repositoryName="new")["repository"]
        given = {"secrets": {"KEY": new_arn}, "repository_arn": new["repositoryArn"]}
        given["repository_uri"] = new["repositoryUri"]
        site(built, built.given | given)
        assert image(built, BLUE).endswith(f"calstack@{built.digest}")
        policy = built("iam").get_role_policy(RoleName="calstack-dev-eu-west-1-ecs-execution", PolicyName="ecs")
        may = {item["Sid"]: item["Resource"] for item in policy["PolicyDocument"]["Statement"]}
        assert set(may["PullImage"]) == {built.given["repository_arn"], new["repositoryArn"]}
        assert set(may["ReadSecrets"]) == {built.given["secrets"]["KEY"], new_arn}
        no_change(built, **given)

    def test_what_nothing_runs_any_more_is_no_longer_permitted(self, built):
        site(built, built.given | {"secrets": {}})
        newest = built("ecs").describe_task_definition(taskDefinition=BLUE)["taskDefinition"]["taskDefinitionArn"]
        built("ecs").update_service(cluster=CLUSTER, service=BLUE, taskDefinition=newest)
        newest = built("ecs").describe_task_definition(taskDefinition=GREEN)["taskDefinition"]["taskDefinitionArn"]
        built("ecs").update_service(cluster=CLUSTER, service=GREEN, taskDefinition=newest)
        catch_up()
        text = show(site(built, built.given | {"secrets": {}})[0].changes)
        assert "inline.ecs.ReadSecrets.Action: secretsmanager:GetSecretValue -> (none)" in text
        no_change(built, secrets={})

    def test_a_changed_port_waits_for_the_release_even_when_the_target_group_changes(self, built):
        vpc = built("ec2").describe_subnets(SubnetIds=built.given["subnet_ids"])["Subnets"][0]["VpcId"]
        groups = target_groups(built, vpc, built.given["subnet_ids"], "y")
        site(built, built.given | {"port": 8080, "target_group_arns": groups})
        balancer = describe(built, BLUE)["loadBalancers"][0]
        assert balancer["targetGroupArn"] == groups["blue"]
        assert balancer["containerPort"] == 5000


def retention(aws):
    aws("logs").put_retention_policy(logGroupName="/calstack-dev/app", retentionInDays=1)
    return "log group /calstack-dev/app"


def permissions(aws):
    aws("iam").delete_role_policy(RoleName="calstack-dev-eu-west-1-ecs-execution", PolicyName="ecs")
    return "role calstack-dev-eu-west-1-ecs-execution"


def attached_policy(aws):
    role = "calstack-dev-eu-west-1-ecs-task"
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    arn = aws("iam").create_policy(PolicyName="all", PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
    aws("iam").attach_role_policy(RoleName=role, PolicyArn=arn)
    return f"role {role}"


def inline_policy(aws):
    role = "calstack-dev-eu-west-1-ecs-execution"
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    aws("iam").put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps(policy))
    return f"role {role}"


def insights(aws):
    aws("ecs").update_cluster(cluster=CLUSTER, settings=[{"name": "containerInsights", "value": "disabled"}])
    return f"cluster {CLUSTER}"


def grace_period(aws):
    aws("ecs").update_service(cluster=CLUSTER, service=BLUE, healthCheckGracePeriodSeconds=1)
    return f"service {BLUE}"


def deployment(aws):
    aws("ecs").update_service(cluster=CLUSTER, service=GREEN, deploymentConfiguration={"minimumHealthyPercent": 50})
    return f"service {GREEN}"


def revision(aws):
    register(aws, BLUE, stopTimeout=5)
    return f"task definition {BLUE}"


def maximum(aws):
    aws("application-autoscaling").register_scalable_target(
        **DIMENSION, ResourceId=f"service/{CLUSTER}/{BLUE}", MaxCapacity=50
    )
    return f"scalable target {BLUE}"


def tags(aws):
    aws("ecs").untag_resource(resourceArn=describe(aws, BLUE)["serviceArn"], tagKeys=["Name"])
    return f"service {BLUE}"


DRIFTS = (
    retention,
    permissions,
    attached_policy,
    inline_policy,
    insights,
    grace_period,
    deployment,
    revision,
    maximum,
    tags,
)


class TestDrift:
    @pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.__name__)
    def test_it_is_seen_and_mended(self, built, drift):
        step = drift(built)
        built.calls.clear()
        assert steps(site(built, built.given, check=True)[0]) == [f"update {step}"]
        assert not built.writes
        assert steps(site(built, built.given)[0]) == [f"update {step}"]
        no_change(built)

    def test_what_else_a_role_was_given_is_shown_and_taken(self, built):
        attached_policy(built)
        inline_policy(built)
        text = show(site(built, built.given, check=True)[0].changes)
        assert "attached: arn:aws:iam::123456789012:policy/all -> (none)" in text
        assert "inline.more.0.Action: s3:* -> (none)" in text
        site(built, built.given)
        role = {"RoleName": "calstack-dev-eu-west-1-ecs-task"}
        assert not built("iam").list_attached_role_policies(**role)["AttachedPolicies"]
        role = {"RoleName": "calstack-dev-eu-west-1-ecs-execution"}
        assert built("iam").list_role_policies(**role)["PolicyNames"] == ["ecs"]

    def test_what_is_gone_comes_back(self, built):
        built("application-autoscaling").deregister_scalable_target(**DIMENSION, ResourceId=f"service/{CLUSTER}/{BLUE}")
        built("logs").delete_log_group(logGroupName="/calstack-dev/app")
        result, _ = site(built, built.given)
        assert steps(result) == [
            "create log group /calstack-dev/app",
            f"create scalable target {BLUE}",
            f"create scaling policy {BLUE}-cpu",
            f"create scaling policy {BLUE}-memory",
        ]
        assert describe(built, BLUE)["desiredCount"] == 2
        assert target(built, BLUE)["MinCapacity"] == 2

    def test_a_deleted_service_comes_back_as_it_was(self, built):
        digest = image(built, BLUE)
        built("ecs").delete_service(cluster=CLUSTER, service=BLUE, force=True)
        push(built, "v2")
        result, _ = site(built, built.given)
        assert f"create service {BLUE}" in steps(result)
        assert image(built, BLUE) == digest
        assert describe(built, BLUE)["desiredCount"] == 2


class TestCapacity:
    def test_a_higher_maximum_is_set(self, built):
        result, _ = site(built, built.given | {"tasks_max": 20})
        assert steps(result) == [f"update scalable target {name}" for name in (BLUE, GREEN)]
        assert describe(built, GREEN)["desiredCount"] == 0

    def test_one_that_would_stop_tasks_is_refused(self, built):
        released(built)
        built.calls.clear()
        with pytest.raises(InputError, match="app_tasks_max is 4, but blue is at 5 tasks"):
            site(built, built.given | {"tasks_max": 4})
        assert not built.writes
