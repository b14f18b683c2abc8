"""Only looking, and taking down."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecs.component import ecs
from ecs_account import BLUE, CLUSTER, DEFAULTS, EVERYTHING, destroy, register, services, site, steps


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
        assert not destroy(aws).changes

    def test_anothers_resources_of_our_names_stay(self, built):
        """The same stack's name, another environment's tags."""
        stranger = Scope("prod", "ecs", "calstack-dev")
        built.calls.clear()
        kinds = [kind(built, stranger) for kind in ecs(DEFAULTS).kinds]
        assert not converge(kinds, ()).changes
        assert not built.writes

    @pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
    def test_anothers_revisions_in_a_family_of_our_name_stay(self, built, status):
        arns = [register(built, BLUE), register(built, BLUE)]
        for number, arn in enumerate(arns):
            keys = ["calstack:environment", "calstack:component", "calstack:stack", "Name"]
            built("ecs").untag_resource(resourceArn=arn, tagKeys=keys)
            tags = [{"key": "owner", "value": "somebody"}] * number
            built("ecs").tag_resource(resourceArn=arn, tags=tags)
            if status == "INACTIVE":
                built("ecs").deregister_task_definition(taskDefinition=arn)
        assert f"delete task definition {BLUE}" in steps(destroy(built))
        assert built("ecs").list_task_definitions(familyPrefix=BLUE, status=status)["taskDefinitionArns"] == arns
        assert not destroy(built).changes
