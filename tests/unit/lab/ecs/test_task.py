import pytest

from lab.aws.ecs import addresses
from lab.ecs.scheduler import Health
from lab.ecs.task import TaskRun
from tests.unit.lab.ecs.world import DIGEST, World


def run(world: World) -> TaskRun:
    """A task that is RUNNING."""
    made = world.task()
    made.advance()
    made.advance()
    assert made.status == "RUNNING"
    return made


def test_a_task_starts_registers_and_runs(world: World) -> None:
    made = world.task()
    made.advance()
    assert (made.status, world.targets.states) == ("PENDING", {})
    made.advance()
    assert (made.status, list(world.targets.states)) == ("RUNNING", list(made.targets))
    container = made.task.containers[0]
    assert (container.image_digest, container.network_interfaces[0]["privateIpv4Address"]) == (DIGEST, "127.90.16.1")
    assert made.task.started_at == world.clock.utcnow()


def test_what_the_container_gets(world: World) -> None:
    world.container.update(
        environment=[{"name": "A", "value": "definition"}, {"name": "B", "value": "b"}], command=["serve"]
    )
    made = world.task()
    override = {"name": "app", "environment": [{"name": "A", "value": "override"}], "command": ["migrate"]}
    made.task.overrides = {"containerOverrides": [override]}
    made.advance()
    spec = world.runner.started[0]
    assert (spec.environment, spec.command) == ({"A": "override", "B": "b"}, ("python", "entry", "migrate"))
    assert spec.address == "127.90.16.1"
    assert "override" not in repr(spec)


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ({}, ("python", "entry", "serve")),
        ({"command": ["migrate"]}, ("python", "entry", "migrate")),
        ({"entryPoint": ["sh"]}, ("sh",)),
        ({"entryPoint": ["sh"], "command": ["-c", "true"]}, ("sh", "-c", "true")),
    ],
)
def test_what_the_definition_does_not_say_the_image_does(
    world: World, given: dict[str, list[str]], command: tuple[str, ...]
) -> None:
    world.images.arguments = ("serve",)
    world.container.update(given)
    world.task().advance()
    assert world.runner.started[0].command == command


def test_the_task_s_size_is_the_container_s_limit(world: World) -> None:
    world.definition.cpu, world.definition.memory = "256", "512"
    world.container["linuxParameters"] = {"initProcessEnabled": True}
    world.task().advance()
    spec = world.runner.started[0]
    assert (spec.cpus, spec.memory, spec.init) == (0.25, 512, True)


def test_it_stops_in_the_order_that_loses_no_request(world: World) -> None:
    made = run(world)
    handle = world.runner.handles[0]
    made.stop("ServiceSchedulerInitiated", "because")
    made.advance()
    assert (made.status, handle.signals) == ("DEACTIVATING", [])
    made.advance()
    assert (made.status, handle.signals) == ("DEACTIVATING", [])
    world.targets.draining.clear()
    made.advance()
    assert (made.status, handle.signals) == ("STOPPING", ["TERM"])
    made.advance()
    assert (made.status, made.task.containers[0].exitCode, made.task.stopped_reason) == ("STOPPED", 0, "because")
    assert world.interfaces == {}
    assert made.task.attachments[0]["status"] == "DELETED"


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 30), (7, 7)])
def test_one_that_ignores_sigterm_is_killed_after_the_stop_timeout(
    world: World, timeout: int | None, seconds: int
) -> None:
    world.container["stopTimeout"] = timeout
    made = run(world)
    handle = world.runner.handles[0]
    handle.obedient = False
    made.stop("UserInitiated", "enough")
    world.targets.draining.clear()
    made.advance()
    world.targets.draining.clear()
    made.advance()
    assert handle.signals == ["TERM"]
    world.wait(seconds - 0.1)
    made.advance()
    assert handle.signals == ["TERM"]
    world.wait(0.1)
    made.advance()
    made.advance()
    assert handle.signals == ["TERM", "KILL"]
    assert (made.status, made.task.containers[0].exitCode) == ("STOPPED", 137)


def test_one_that_ends_by_itself_is_out_of_the_balancer_at_once(world: World) -> None:
    made = run(world)
    world.runner.handles[0].code = 3
    made.advance()
    assert (made.status, made.task.desired_status, made.task.containers[0].exitCode) == ("STOPPED", "STOPPED", 3)
    assert made.task.stop_code == "EssentialContainerExited"
    assert world.targets.states == {}


def test_an_image_that_cannot_be_pulled_stops_the_task(world: World) -> None:
    world.images.missing = True
    made = world.task()
    made.advance()
    assert (made.status, made.task.stop_code) == ("STOPPED", "TaskFailedToStart")
    assert made.task.stopped_reason == "CannotPullContainerError: failed to resolve ref app:1"
    assert made.task.containers[0].exitCode is None


def test_a_command_that_cannot_be_run_stops_the_task(world: World) -> None:
    world.runner.error = FileNotFoundError(2, "No such file or directory", "nothing")
    made = world.task()
    made.advance()
    assert made.task.stopped_reason == "CannotStartContainerError: No such file or directory: nothing"


@pytest.mark.parametrize("error", [ValueError("embedded null byte in hunter2"), KeyError("hunter2")])
def test_whatever_goes_wrong_at_the_start_stops_the_task_and_shows_no_secret(
    world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    world.runner.error = error
    made = world.task()
    made.advance()
    assert (made.status, made.task.stop_code) == ("STOPPED", "TaskFailedToStart")
    assert made.task.stopped_reason == f"CannotStartContainerError: {type(error).__name__}"
    assert "runner.start" in caplog.text
    assert "hunter2" not in caplog.text


def test_one_that_is_stopped_before_it_starts_never_runs(world: World) -> None:
    made = world.task()
    made.stop("UserInitiated", "changed my mind")
    made.advance()
    assert (made.status, world.runner.started) == ("STOPPED", [])


def test_health_honours_the_grace_period(world: World) -> None:
    made = run(world)
    target = made.targets[0]
    assert made.health(10)[0] == Health.HEALTHY
    world.targets.states[target] = "initial"
    assert made.health(10)[0] == Health.STARTING
    world.targets.states[target] = "unhealthy"
    world.wait(9.9)
    assert made.health(10)[0] == Health.STARTING
    world.wait(0.1)
    assert made.health(10) == (Health.UNHEALTHY, f"Task failed ELB health checks in (target-group {target.group_arn})")


def test_without_a_balancer_a_task_counts_once_it_has_run_a_little(world: World) -> None:
    made = world.task(balanced=False)
    made.advance()
    made.advance()
    assert made.health(0)[0] == Health.STARTING
    world.wait(2)
    assert made.health(0)[0] == Health.HEALTHY


def test_when_the_lab_goes_down_nothing_drains(world: World) -> None:
    made = run(world)
    made.abandon()
    assert world.runner.handles[0].signals == ["TERM"]
    made.advance()
    assert made.stopped


def test_without_an_address_it_cannot_start_and_gives_back_what_it_has(world: World) -> None:
    made = world.task()
    why = "Unexpected EC2 error while attempting to Create Network Interface: InsufficientFreeAddressesInSubnet"
    vars(made.task)[addresses.NO_ROOM] = why
    made.advance()
    assert (made.status, made.task.stop_code, made.task.stopped_reason) == ("STOPPED", "TaskFailedToStart", why)
    assert world.runner.started == []
    assert world.interfaces == {}
