from typing import Any

from lab.ecs.records import new_deployment, service_deployments
from lab.ecs.service import Memory
from tests.unit.lab.ecs.world import World


def settle(world: World, service: Any, memory: Memory, steps: int = 30) -> None:
    """Tick, with drained targets gone at once, until nothing moves."""
    for _ in range(steps):
        moving = world.step(service, memory)
        world.targets.draining.clear()
        world.wait(1)
        if not moving:
            return
    raise AssertionError(f"still moving: {service.deployments}")


def messages(service: Any) -> list[str]:
    return [event["message"] for event in service.events]


def test_a_service_reaches_its_desired_count_and_says_so(world: World) -> None:
    service, memory = world.service(2), Memory()
    world.step(service, memory)
    assert (service.running_count, len(world.made), service.deployments[0]["rolloutState"]) == (0, 2, "IN_PROGRESS")
    settle(world, service, memory)
    deployment = service.deployments[0]
    assert (service.running_count, deployment["runningCount"], deployment["pendingCount"]) == (2, 2, 0)
    assert deployment["rolloutState"] == "COMPLETED"
    assert messages(service)[0] == "(service blue) has reached a steady state."
    assert service_deployments(service)[0]["status"] == "SUCCESSFUL"
    assert messages(service).count("(service blue) has reached a steady state.") == 1


def test_a_new_task_definition_replaces_all_tasks(world: World) -> None:
    service, memory = world.service(2), Memory()
    settle(world, service, memory)
    old = {run.id for run in world.made}
    service.task_definition = "app:2"
    new_deployment(service)
    world.step(service, memory)
    assert [item["status"] for item in service.deployments] == ["PRIMARY", "ACTIVE"]
    assert service.deployments[1]["desiredCount"] == 2
    settle(world, service, memory)
    assert [item["taskDefinition"] for item in service.deployments] == ["app:2"]
    assert not old & {run.id for run in world.made}


def test_a_task_that_dies_is_replaced_at_once_the_first_time(world: World) -> None:
    service, memory = world.service(1), Memory()
    settle(world, service, memory)
    world.runner.handles[0].code = 137
    world.step(service, memory)
    assert len(world.made) == 1
    assert memory.failures == 1
    settle(world, service, memory)
    assert (memory.failures, service.running_count) == (0, 1)


def test_starts_are_throttled_while_tasks_keep_failing(world: World) -> None:
    service, memory = world.service(1, deploymentCircuitBreaker={"enable": False, "rollback": False}), Memory()
    world.images.missing = True
    starts = 0
    for _ in range(200):
        before = len(world.made)
        world.step(service, memory)
        starts += max(0, len(world.made) - before)
        world.wait(0.1)
    assert 4 < starts < 9
    assert service.deployments[0]["failedTasks"] == memory.failures
    assert any("unable to consistently start tasks" in message for message in messages(service))


def test_the_circuit_breaker_rolls_back_to_the_last_completed_definition(world: World) -> None:
    service, memory = world.service(2), Memory()
    settle(world, service, memory)
    old = {run.id for run in world.made}
    service.task_definition = "app:2"
    new_deployment(service)
    world.images.missing = True
    for _ in range(60):
        world.step(service, memory)
        world.wait(0.2)
        if service.task_definition == "app:1":
            break
    assert service.task_definition == "app:1"
    assert [item["rolloutState"] for item in service.deployments][:2] == ["IN_PROGRESS", "FAILED"]
    assert "rolling back to deploymentId" in service.deployments[0]["rolloutStateReason"]
    assert old <= {run.id for run in world.made}, "the serving tasks were touched"
    world.images.missing = False
    settle(world, service, memory)
    assert [item["rolloutState"] for item in service.deployments] == ["COMPLETED"]
    assert service_deployments(service)[1]["status"] == "ROLLBACK_SUCCESSFUL"


def test_without_a_rollback_the_failed_deployment_stays_and_the_old_tasks_serve(world: World) -> None:
    service, memory = world.service(2, deploymentCircuitBreaker={"enable": True, "rollback": False}), Memory()
    settle(world, service, memory)
    service.task_definition = "app:2"
    new_deployment(service)
    world.images.missing = True
    for _ in range(60):
        world.step(service, memory)
        world.wait(0.2)
    states = [(item["status"], item["rolloutState"], item["runningCount"]) for item in service.deployments]
    assert states == [("PRIMARY", "FAILED", 0), ("ACTIVE", "COMPLETED", 2)]
    assert service.deployments[0]["failedTasks"] >= 3


def test_tasks_that_fail_their_health_checks_count_as_failed(world: World) -> None:
    service, memory = world.service(1, deploymentCircuitBreaker={"enable": True, "rollback": False}), Memory()
    world.targets.default = "unhealthy"
    for _ in range(100):
        world.step(service, memory)
        world.targets.draining.clear()
        world.wait(1)
    assert service.deployments[0]["rolloutState"] == "FAILED"
    assert any("is unhealthy in (target-group" in message for message in messages(service))


def test_a_task_that_a_user_stops_is_replaced_and_is_no_failure(world: World) -> None:
    service, memory = world.service(1), Memory()
    settle(world, service, memory)
    world.made[0].stop("UserInitiated", "restart it")
    world.step(service, memory)
    settle(world, service, memory)
    assert (memory.failures, service.running_count, service.deployments[0]["failedTasks"]) == (0, 1, 0)


def test_a_deleted_service_drains_and_is_then_inactive(world: World) -> None:
    service, memory = world.service(2), Memory()
    settle(world, service, memory)
    service.status, service.desired_count = "DRAINING", 0
    world.step(service, memory)
    assert service.status == "DRAINING"
    for _ in range(5):
        world.step(service, memory)
        world.targets.draining.clear()
    assert (service.status, service.deployments, world.made) == ("INACTIVE", [], [])


def test_scaling_out_and_in_begins_no_deployment(world: World) -> None:
    service, memory = world.service(1), Memory()
    settle(world, service, memory)
    for desired in (4, 2, 0):
        service.desired_count = desired
        settle(world, service, memory)
        assert service.running_count == desired
        assert len(service_deployments(service)) == 1
