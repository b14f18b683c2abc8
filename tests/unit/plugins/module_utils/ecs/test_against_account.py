"""The component against an emulated account: built, started, completed, mended, left alone, taken down."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecs.component import notes
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import is_placeholder
from ecs_account import catch_up, destroy, give_up, push, ready, scope, services, site, steps, target_groups

BLUE, GREEN = "calstack-dev-blue", "calstack-dev-green"
CLUSTER = "calstack-dev"
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
EVERYTHING = [
    "create log group /calstack-dev/app",
    "create role calstack-dev-ecs-execution",
    "create role calstack-dev-ecs-task",
    "create cluster calstack-dev",
    *(f"create task definition {name}" for name in (BLUE, GREEN)),
    *(f"create service {name}" for name in (BLUE, GREEN)),
    *(f"create scalable target {name}" for name in (BLUE, GREEN)),
    *(f"create scaling policy {name}-{measure}" for name in (BLUE, GREEN) for measure in ("cpu", "memory")),
]


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


@pytest.fixture
def built(aws):
    """An environment whose first image runs."""
    aws.digest = push(aws, "v1")
    site(aws, aws.given)
    return aws


def describe(aws, name):
    return aws("ecs").describe_services(cluster=CLUSTER, services=[name], include=["TAGS"])["services"][0]


def definition(aws, name):
    """What the service runs."""
    arn = describe(aws, name)["taskDefinition"]
    return aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]


def image(aws, name):
    return definition(aws, name)["containerDefinitions"][0]["image"]


def target(aws, name):
    (found,) = aws("application-autoscaling").describe_scalable_targets(
        **DIMENSION, ResourceIds=[f"service/{CLUSTER}/{name}"]
    )["ScalableTargets"]
    return found


def released(aws):
    """What a release leaves in the middle: green serves its own image, and scaling is suspended."""
    arn = register(aws, GREEN, image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:released")
    aws("ecs").update_service(cluster=CLUSTER, service=GREEN, taskDefinition=arn, desiredCount=3)
    aws("ecs").update_service(cluster=CLUSTER, service=BLUE, desiredCount=5)
    for name in (BLUE, GREEN):
        aws("application-autoscaling").register_scalable_target(
            **DIMENSION,
            ResourceId=f"service/{CLUSTER}/{name}",
            MinCapacity=3,
            SuspendedState={"DynamicScalingInSuspended": True},
        )
    catch_up()


def register(aws, family, **container):
    """A revision like the last but for the container's `container`; its ARN."""
    last = aws("ecs").describe_task_definition(taskDefinition=family, include=["TAGS"])
    given = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform")
    given += ("executionRoleArn", "taskRoleArn", "containerDefinitions")
    wanted = {key: last["taskDefinition"][key] for key in given}
    wanted["containerDefinitions"][0] |= container
    return aws("ecs").register_task_definition(**wanted, tags=last["tags"])["taskDefinition"]["taskDefinitionArn"]


def no_change(aws, **given):
    aws.calls.clear()
    result, published = site(aws, aws.given | given)
    assert steps(result) == []
    assert not aws.writes
    return published


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
        assert task["executionRoleArn"].endswith("role/calstack-dev-ecs-execution")

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
    aws("iam").delete_role_policy(RoleName="calstack-dev-ecs-execution", PolicyName="ecs")
    return "role calstack-dev-ecs-execution"


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


DRIFTS = (retention, permissions, insights, grace_period, deployment, revision, maximum, tags)


class TestDrift:
    @pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.__name__)
    def test_it_is_seen_and_mended(self, built, drift):
        step = drift(built)
        built.calls.clear()
        assert steps(site(built, built.given, check=True)[0]) == [f"update {step}"]
        assert not built.writes
        assert steps(site(built, built.given)[0]) == [f"update {step}"]
        no_change(built)

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


class TestWaiting:
    def test_a_first_image_that_cannot_run_is_an_error_that_says_why(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError) as failed:
            site(aws, aws.given, sleep=give_up)
        words = str(failed.value)
        assert "calstack-dev-blue:1) is given up by ECS's deployment circuit breaker" in words
        assert "Last events: (service x) was unable to place a task." in words

    def test_so_is_one_that_came_later(self, aws):
        site(aws, aws.given)
        push(aws, "v1")
        with pytest.raises(CalstackError, match=r"calstack-dev-blue:2. is given up by ECS"):
            site(aws, aws.given, sleep=give_up)

    def test_and_the_next_run_starts_it_anew(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError):
            site(aws, aws.given, sleep=give_up)
        deployment = describe(aws, BLUE)["deployments"][0]["id"]
        result, _ = site(aws, aws.given)
        assert f"update service {BLUE}" in steps(result)
        assert describe(aws, BLUE)["deployments"][0]["id"] != deployment
        no_change(aws)

    def test_with_the_image_that_was_pushed_instead(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError):
            site(aws, aws.given, sleep=give_up)
        digest = push(aws, "v2")
        site(aws, aws.given | {"image": "calstack:v2"})
        assert image(aws, BLUE).endswith(digest)
        assert definition(aws, BLUE)["revision"] == 2

    def test_a_run_killed_while_it_waited_is_completed_by_the_next(self, aws):
        push(aws, "v1")

        def killed(_seconds):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            site(aws, aws.given, sleep=killed)
        result, _ = site(aws, aws.given)
        assert steps(result)[0] == f"update service {BLUE}"
        assert "rollout: IN_PROGRESS -> COMPLETED" in show(result.changes)
        no_change(aws)

    @pytest.mark.parametrize("writes", [1, 3, 6, 8, 9, 11, 15])
    def test_a_run_killed_at_any_write_is_completed_by_the_next(self, aws, writes):
        digest = push(aws, "v1")
        aws.calls.clear()
        aws.dies_after = writes
        with pytest.raises(KeyboardInterrupt):
            site(aws, aws.given)
        aws.dies_after = None
        site(aws, aws.given)
        assert image(aws, BLUE).endswith(digest)
        assert [describe(aws, name)["desiredCount"] for name in (BLUE, GREEN)] == [2, 0]
        no_change(aws)

    def test_it_does_not_wait_when_told_not_to(self, aws):
        push(aws, "v1")

        def never(_seconds):
            raise AssertionError("it waits")

        site(aws, aws.given | {"wait_seconds": 0}, sleep=never)
        no_change(aws, wait_seconds=0)

    def test_a_rollout_that_failed_later_is_a_warning(self, built):
        released(built)
        give_up()
        result, _ = site(built, built.given)
        assert steps(result) == []
        assert [words.split(" failed")[0] for words in notes(result.found, scope())] == [
            f"the last deployment of {name}" for name in (BLUE, GREEN)
        ]


class TestCheckMode:
    def test_an_empty_account_is_planned_without_a_write(self, aws):
        planned = {"subnet_ids": [KNOWN_AFTER_APPLY], "security_group_ids": [KNOWN_AFTER_APPLY]}
        planned |= {"target_group_arns": dict.fromkeys(("blue", "green"), KNOWN_AFTER_APPLY)}
        planned |= {"repository_uri": KNOWN_AFTER_APPLY, "repository_arn": KNOWN_AFTER_APPLY}
        aws.calls.clear()
        result, published = site(aws, aws.given | planned, check=True)
        assert steps(result) == EVERYTHING
        assert not aws.writes
        assert published["ecs_service_arns"]["blue"] == KNOWN_AFTER_APPLY
        assert "network.subnets: (known after apply)" in show(result.changes)

    def test_what_is_only_planned_cannot_be_built(self, aws):
        aws.calls.clear()
        with pytest.raises(InputError, match=r"ecs_subnet_ids is .known after apply.: vpc has only been planned"):
            site(aws, aws.given | {"subnet_ids": [KNOWN_AFTER_APPLY]})
        assert not aws.writes

    def test_it_tells_what_the_run_then_does(self, built):
        planned, _ = site(built, built.given | {"memory": 1024, "execute_command": True}, check=True)
        done, _ = site(built, built.given | {"memory": 1024, "execute_command": True})
        assert show(planned.changes) == show(done.changes)


class TestAbsent:
    def test_all_and_only_what_is_the_environments_is_deleted(self, built):
        other = {**built.given, "target_group_arns": built.given["target_group_arns"]}
        site(built, other, "prod")
        before = site(built, other, "prod", check=True)[0].found
        built.calls.clear()
        assert len(destroy(built, check=True).changes) == len(EVERYTHING)
        assert not built.writes
        assert len(destroy(built).changes) == len(EVERYTHING)
        assert destroy(built).changes == ()
        assert site(built, other, "prod", check=True)[0].found == before
        assert {item.name for item in services() if item.status != "INACTIVE"} == {
            "calstack-prod-blue",
            "calstack-prod-green",
        }
        for status in ("ACTIVE", "INACTIVE"):
            arns = built("ecs").list_task_definitions(status=status)["taskDefinitionArns"]
            assert not [arn for arn in arns if "calstack-dev" in arn]

    def test_logs_can_be_kept(self, built):
        destroy(built, keep_logs=True)
        groups = built("logs").describe_log_groups(logGroupNamePrefix="/calstack-dev")["logGroups"]
        assert len(groups) == 1
        assert destroy(built, keep_logs=True).changes == ()
        assert "create log group /calstack-dev/app" not in steps(site(built, built.given)[0])

    def test_a_one_off_task_does_not_hold_the_cluster(self, built):
        network = {"subnets": built.given["subnet_ids"], "securityGroups": built.given["security_group_ids"]}
        built("ecs").run_task(
            cluster=CLUSTER,
            taskDefinition=BLUE,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
        )
        destroy(built)
        assert "StopTask" in built.calls

    def test_a_killed_deletion_is_completed(self, built):
        for arn in built("ecs").list_task_definitions(familyPrefix=BLUE)["taskDefinitionArns"]:
            built("ecs").deregister_task_definition(taskDefinition=arn)
        assert f"delete task definition {BLUE}" in steps(destroy(built))
        assert not built("ecs").list_task_definitions(familyPrefix=BLUE, status="INACTIVE")["taskDefinitionArns"]

    def test_anothers_cluster_of_our_name_is_refused(self, aws):
        aws("ecs").create_cluster(clusterName=CLUSTER, tags=[{"key": "calstack:environment", "value": "prod"}])
        with pytest.raises(ForeignError):
            site(aws, aws.given)
        with pytest.raises(ForeignError):
            destroy(aws)
