"""`lab status`: what runs and what is wrong, for people. Exit code 1 when the lab is down or something is wrong."""

import json
import shlex
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from lab.ca import certificate_file
from lab.process import members
from lab.settings import Settings
from lab.state import READY, STATUS_PAGE, State

PATIENCE = 10.0


def status(settings: Settings, say: Callable[[str], None] = print) -> int:
    state = State(settings)
    daemon, last = state.daemon(), state.last_daemon()
    if daemon is None:
        if last is None:
            say("The lab is down.")
        else:
            left = " Some of its processes live on." if members(last) or any_left(settings) else ""
            say(f"The lab's process (pid {last.pid}) has died.{left} `lab up` and `lab down` clean up; see lab.log.")
        return 1
    if not any(phase.part == READY for phase in state.phases()):
        say(f"The lab is starting (pid {daemon.pid}).")
        return 1
    try:
        found = fetch(settings)
    except (OSError, urllib.error.URLError, ValueError) as error:
        say(f"The lab's process (pid {daemon.pid}) does not answer: {error}")
        return 1
    for line in render(settings, found, time.time()):
        say(line)
    return int(is_wrong(found))


def is_wrong(found: dict[str, Any]) -> bool:
    """A part is in trouble, a deployment has failed, or a service lacks tasks that no deployment is starting."""
    services = found.get("ecs", {}).get("services", [])
    return any(part["trouble"] for part in found["parts"]) or any(map(_is_short_or_failed, services))


def _is_short_or_failed(service: dict[str, Any]) -> bool:
    rollouts = {deployment["rollout"] for deployment in service["deployments"]}
    return "FAILED" in rollouts or (service["running"] < service["desired"] and "IN_PROGRESS" not in rollouts)


def any_left(settings: Settings) -> bool:
    return any((settings.run / "processes").glob("*"))


def fetch(settings: Settings) -> dict[str, Any]:
    """The daemon's status. Raises OSError when it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(settings.aws_endpoint + STATUS_PAGE, timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def render(settings: Settings, found: dict[str, Any], now: float) -> Iterator[str]:
    yield f"The lab is up since {ago(now - found['since'])} (pid {found['pid']}, network {settings.network}.0.0/16)."
    for part in found["parts"]:
        yield f"  {part['name']:<10} {'TROUBLE  ' + part['trouble'] if part['trouble'] else 'ready'}"
    for balancer in found.get("balancer", {}).get("balancers", []):
        ports = ", ".join(f"{balancer['address']}:{port}" for port in balancer["ports"])
        yield f"  load balancer {balancer['name']}  {ports or 'no listeners'}"
    yield from _edge(settings, found.get("edge", {}))
    for schedule in found.get("scheduler", []):
        target = schedule["target"].rpartition("aws-sdk:")[2]
        yield f"  schedule {schedule['name']}  {target} in {ago(schedule['at'] - now)}"
    yield from _atlas(found.get("atlas", {}))
    ecs = found.get("ecs", {})
    for service in ecs.get("services", []):
        yield ""
        yield from _service(service)
    if ecs.get("tasks"):
        yield ""
        yield "tasks outside services"
        yield from map(_task, ecs["tasks"])
    if ecs.get("stopped"):
        yield ""
        yield "stopped lately"
        yield from map(_stopped, ecs["stopped"])


def _edge(settings: Settings, edge: dict[str, Any]) -> Iterator[str]:
    for distribution in edge.get("distributions", []):
        port, address, name = distribution["port"], distribution["address"], distribution["names"][0]
        state = distribution["status"] if distribution["enabled"] else f"{distribution['status']}, disabled"
        yield f"  distribution {distribution['id']}  {state}  {', '.join(distribution['names'])} at {address}:{port}"
        if distribution["enabled"]:
            ca = shlex.quote(str(certificate_file(settings)))
            yield f"    curl --cacert {ca} --resolve {name}:{port}:{address} https://{name}:{port}/"
    for zone in edge.get("zones", []):
        yield f"  zone {zone['name']}  {zone['records']} record sets, asked at {edge['name_server']}"


def _atlas(atlas: dict[str, Any]) -> Iterator[str]:
    for cluster in atlas.get("clusters", []):
        words = [f"{cluster['project']}/{cluster['name']}", cluster["size"], cluster["state"], cluster["address"]]
        yield f"  Atlas cluster {'  '.join(words)}"
    for user in atlas.get("users", []):
        yield f"  Atlas user {user['project']}/{user['name']}  ({user['database']})"


def _service(service: dict[str, Any]) -> Iterator[str]:
    state = "" if service["status"] == "ACTIVE" else f"  {service['status']}"
    yield f"{service['cluster']}/{service['name']}  {service['running']} of {service['desired']} running{state}"
    for deployment in service["deployments"]:
        failed = f", {deployment['failed']} failed tasks" if deployment["failed"] else ""
        yield f"  {deployment['status']} {deployment['task_definition']}  {deployment['rollout']}{failed}"
        if deployment["rollout"] == "FAILED":
            yield f"    {deployment['reason']}"
    yield from map(_task, service["tasks"])


def _task(task: dict[str, Any]) -> str:
    words = [task["id"], task["address"], task["status"], task["health"] or "-", task["task_definition"]]
    return f"    {'  '.join(words)}  since {ago(task['seconds'])}"


def _stopped(task: dict[str, Any]) -> str:
    exited = "" if task["exit"] is None else f" (exit code {task['exit']})"
    return f"    {task['id']}  {task['group']}  {ago(task['seconds'])} ago  {task['reason']}{exited}"


def ago(seconds: float) -> str:
    """A span in its largest unit: 42 s, 7 min, 3 h, 2 d. What is over is 0 s."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"
