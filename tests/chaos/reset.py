"""The environment as site.yml leaves it, whatever a test has done to it."""

from lab import api_faults, faults
from tests.chaos.scene import COLOURS, STACK, TABLE, Limits, Scene
from tests.waiting import until

IMAGES = ("calstack:1.0.0", "calstack:1.1.0", "calstack:1.2.0")
TASKS = 2
FREE = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
SERVING, RESTING = Limits(TASKS, 10, FREE), Limits(0, 10, FREE)


def clear_faults(scene: Scene) -> None:
    settings = scene.laboratory.settings
    api_faults.clear(settings)
    for image in IMAGES:
        faults.inject(settings, image, faults.CLEAR)


def reset(scene: Scene) -> None:
    """No record, no lock, no schedule; the colour that has most requests serves alone, the other one rests."""
    clear_faults(scene)
    _forget(scene)
    stable, idle = scene.stable, scene.idle
    if scene.healthy(stable) < TASKS <= scene.healthy(idle):
        stable, idle = idle, stable
    for colour in COLOURS:
        _without_sticky_sessions(scene, colour)
    limits = {stable: SERVING, idle: RESTING}
    for colour, tasks in ((stable, TASKS), (idle, 0)):
        if scene.limits(colour) != limits[colour]:
            scene.set_limits(colour, limits[colour])
        if colour == stable:
            _serve(scene, colour)
        elif scene.service(colour)["desiredCount"] != tasks:
            scene.update(colour, tasks)
    if scene.rule().weights != {stable: 100, idle: 0} or scene.rule().stickiness:
        scene.set_rule({stable: 100, idle: 0})
    if scene.rule("test").weights != {idle: 100}:
        scene.set_rule({idle: 100}, "test")
    for task in scene.tasks():
        if not task.get("group", "").startswith("service:"):
            scene.aws("ecs").stop_task(cluster=STACK, task=task["taskArn"])
    until(lambda: not scene.tasks_of(idle) and len(scene.tasks()) == TASKS, "only stable's tasks run", 90)
    assert scene.limits(stable) == SERVING, scene.limits(stable)
    assert scene.limits(idle) == RESTING, scene.limits(idle)


def _forget(scene: Scene) -> None:
    table = scene.aws("dynamodb")
    for item in table.scan(TableName=TABLE, ConsistentRead=True)["Items"]:
        table.delete_item(TableName=TABLE, Key={key: item[key] for key in ("pk", "sk")})
    for name in scene.schedules():
        scene.aws("scheduler").delete_schedule(GroupName=STACK, Name=name)


def _serve(scene: Scene, colour: str) -> None:
    if scene.service(colour)["desiredCount"] != TASKS or len(scene.service(colour)["deployments"]) > 1:
        scene.update(colour, TASKS)
    until(lambda: scene.healthy(colour) >= TASKS, f"{TASKS} healthy tasks of {colour}", 90)


def _without_sticky_sessions(scene: Scene, colour: str) -> None:
    elb, group = scene.aws("elbv2"), scene.groups[colour]
    there = elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    if {"Key": "stickiness.enabled", "Value": "true"} in there:
        set_sticky(scene, colour, on=False)


def set_sticky(scene: Scene, colour: str, *, on: bool) -> None:
    attribute = {"Key": "stickiness.enabled", "Value": str(on).lower()}
    scene.aws("elbv2").modify_target_group_attributes(TargetGroupArn=scene.groups[colour], Attributes=[attribute])


def next_image(scene: Scene) -> str:
    """One that neither colour has."""
    registry = scene.aws("ecr")
    used = {scene.image(colour).rpartition("@")[2] for colour in COLOURS}
    for image in IMAGES:
        name, _, tag = image.partition(":")
        found = registry.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"]
        if found[0]["imageDigest"] not in used:
            return image
    raise AssertionError(f"both colours have all of {IMAGES}")
