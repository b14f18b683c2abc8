"""The backup schedule of a cluster."""

from lab.atlas.clusters import find
from lab.atlas.errors import RefusedError, invalid, missing
from lab.atlas.operations import Answer, Operation, Request, self_link
from lab.atlas.world import FREE, Body, Cluster, Project, World, new_id

FREQUENCIES = ("hourly", "daily", "weekly", "monthly", "yearly")
UNITS = ("days", "weeks", "months", "years")
DEFAULT = (
    ("hourly", 6, "days", 7),
    ("daily", 1, "days", 7),
    ("weekly", 6, "weeks", 4),
    ("monthly", 40, "months", 12),
    ("yearly", 12, "years", 1),
)
"""Atlas's own for a new cluster: frequency, interval, unit and value of the retention."""
SCALARS = {
    "autoExportEnabled": False,
    "referenceHourOfDay": 3,
    "referenceMinuteOfHour": 3,
    "restoreWindowDays": 7,
    "useOrgAndGroupNamesInExportPrefix": False,
}
ASKED = {*SCALARS, "policies", "updateSnapshots", "copySettings", "deleteCopiedBackups", "clusterId", "clusterName"}


def get_schedule(world: World, request: Request) -> Answer:
    project = request.project(world)
    cluster = backed_up(request, project)
    return Answer(200, shown(request, project, cluster))


def update_schedule(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    cluster = backed_up(request, project)
    if unknown := set(body) - ASKED:
        raise invalid(min(unknown))
    there = schedule(cluster)
    changed = {**there, **{name: body[name] for name in SCALARS if body.get(name) is not None}}
    if changed["referenceHourOfDay"] not in range(24) or changed["referenceMinuteOfHour"] not in range(60):
        raise invalid("referenceHourOfDay")
    if body.get("policies"):
        changed["policies"] = [policy(given, there["policies"][0]) for given in body["policies"]]
    cluster.schedule = changed
    return Answer(200, shown(request, project, cluster))


def backed_up(request: Request, project: Project) -> Cluster:
    """Raises RefusedError for a cluster that has no schedule."""
    cluster = find(request, project)
    if cluster.kind == FREE:
        why = f"Cluster {cluster.name} is a tenant cluster: its backups cannot be scheduled."
        raise RefusedError(400, "TENANT_CLUSTER_BACKUP_UNSUPPORTED", why, cluster.name)
    return cluster


def schedule(cluster: Cluster) -> Body:
    if cluster.schedule is None:
        names = ("frequencyType", "frequencyInterval", "retentionUnit", "retentionValue")
        items = [{**dict(zip(names, item, strict=True)), "id": new_id()} for item in DEFAULT]
        cluster.schedule = {**SCALARS, "policies": [{"id": new_id(), "policyItems": items}]}
    return cluster.schedule


def policy(given: Body, there: Body) -> Body:
    """Raises RefusedError."""
    if given.get("id") != there["id"]:
        why = f"No backup policy with ID {given.get('id')} exists."
        raise RefusedError(400, "BACKUP_POLICY_NOT_FOUND", why, given.get("id"))
    items = []
    for item in given.get("policyItems") or []:
        for name in ("frequencyInterval", "retentionValue"):
            if not isinstance(item.get(name), int):
                raise missing(name)
        if item.get("frequencyType") not in FREQUENCIES or item.get("retentionUnit") not in UNITS:
            raise invalid("policyItems")
        items.append({**item, "id": item.get("id") or new_id()})
    # Atlas sorts them from the most to the least frequent.
    items.sort(key=lambda item: FREQUENCIES.index(item["frequencyType"]))
    return {"id": there["id"], "policyItems": items}


def shown(request: Request, project: Project, cluster: Cluster) -> Body:
    path = f"/groups/{project.identity}/clusters/{cluster.name}/backup/schedule"
    return {
        **schedule(cluster),
        "clusterId": cluster.identity,
        "clusterName": cluster.name,
        "copySettings": [],
        "links": self_link(request, path),
    }


_PATH = "/groups/{group}/clusters/{cluster}/backup/schedule"
_GONE = ("2023-01-01",)
OPERATIONS = (
    Operation("getBackupSchedule", "GET", _PATH, ("2024-08-05",), get_schedule, _GONE),
    Operation("updateBackupSchedule", "PATCH", _PATH, ("2024-08-05",), update_schedule, _GONE),
)
