"""Clusters: M0 and M10 and up. Flex clusters have paths of their own (`lab.atlas.flex`)."""

import re
from typing import Any

from lab.atlas import errors, sizes
from lab.atlas.connection import connection_strings
from lab.atlas.errors import RefusedError, check_tags, invalid, missing
from lab.atlas.operations import Answer, Operation, Request, page, self_link
from lab.atlas.world import DEDICATED, DELETING, FLEX, FREE, Body, Cluster, Project, World, new_id, stamp

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,63}")
PREFIX = 23
"""By so many characters of their names Atlas tells the clusters of a project apart."""
MONGODB = {"6.0": "6.0.24", "7.0": "7.0.26", "8.0": "8.0.16"}
"""The releases to be had, by major version; the last is the default."""
SCALARS = {
    "backupEnabled": False,
    "pitEnabled": False,
    "terminationProtectionEnabled": False,
    "paused": False,
    "versionReleaseSystem": "LTS",
    "rootCertType": "ISRGROOTX1",
    "encryptionAtRestProvider": "NONE",
    "globalClusterSelfManagedSharding": False,
    "diskWarmingMode": "FULLY_WARMED",
}
"""What a cluster has when it is not asked for otherwise."""
LISTS = ("tags", "labels")
ASKED = {"name", "clusterType", "mongoDBMajorVersion", "replicationSpecs", *SCALARS, *LISTS}
SMALL = {"tags", "labels", "terminationProtectionEnabled", "name"}
"""What can be changed of an M0 cluster."""


def list_clusters(world: World, request: Request) -> Answer:
    project = request.project(world)
    found = [cluster for cluster in project.clusters.values() if cluster.kind != FLEX]
    return page(request, [shown(world, request, project, cluster) for cluster in found])


def get_cluster(world: World, request: Request) -> Answer:
    project = request.project(world)
    return Answer(200, shown(world, request, project, find(request, project)))


def create_cluster(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    check_name(project, body.get("name"))
    if unknown := set(body) - ASKED:
        raise invalid(min(unknown))
    check_tags(body.get("tags"))
    if body.get("clusterType", "REPLICASET") != "REPLICASET":
        raise invalid("clusterType", "The lab has REPLICASET only.")
    free = sizes.is_free(body)
    if free:
        refuse_what_free_has_not(body)
        if any(cluster.kind == FREE for cluster in project.clusters.values()):
            why = "Only one free cluster is allowed per project."
            raise RefusedError(400, "CANNOT_CREATE_FREE_CLUSTER_VIA_PUBLIC_API", why)
    cluster = Cluster(new_id(), body["name"], FREE if free else DEDICATED, world.free_slot(), {})
    cluster.body = merged(body, {"createDate": stamp(world.clock())}, free)
    cluster.due = world.after("shared" if free else "dedicated")
    project.clusters[cluster.name] = cluster
    return Answer(201, shown(world, request, project, cluster))


def update_cluster(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    cluster = changeable(request, project)
    if unknown := set(body) - ASKED:
        raise invalid(min(unknown))
    check_tags(body.get("tags"))
    if body.get("name", cluster.name) != cluster.name:
        raise invalid("name", "A cluster cannot be renamed.")
    if cluster.kind == FREE and not set(body) <= SMALL:
        why = "Cannot update a M0 cluster through the public API."
        raise RefusedError(400, "TENANT_CLUSTER_UPDATE_UNSUPPORTED", why)
    if cluster.body["paused"] and body.get("paused") is not False:
        why = f"Cannot update cluster {cluster.name} while it is paused or being paused."
        raise RefusedError(409, "CANNOT_UPDATE_PAUSED_CLUSTER", why, cluster.name)
    cluster.body = merged(body, cluster.body, cluster.kind == FREE)
    world.change(cluster, "update", late=request.late)
    return Answer(200, shown(world, request, project, cluster))


def delete_cluster(world: World, request: Request) -> Answer:
    project = request.project(world)
    delete(world, project, changeable(request, project))
    return Answer(202)


def delete(world: World, project: Project, cluster: Cluster) -> None:
    """Raises RefusedError for a cluster that is protected."""
    if cluster.body["terminationProtectionEnabled"]:
        what = "Disable termination protection and try again."
        raise RefusedError(
            400,
            "CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED",
            f"Cannot terminate a cluster when termination protection is enabled. {what}",
            f"Cannot terminate cluster {cluster.name} in group {project.identity} because termination protection is "
            f"enabled. {what}",
        )
    cluster.state, cluster.due = DELETING, world.after("delete")


def find(request: Request, project: Project) -> Cluster:
    """Raises RefusedError for none, and for a Flex cluster."""
    name = request.path["cluster"]
    cluster = project.clusters.get(name)
    if cluster is None:
        raise errors.no_such_cluster(name, project.identity)
    if cluster.kind == FLEX:
        why = f"Flex cluster {name} cannot be used in the Cluster API."
        raise RefusedError(400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API", why, name)
    return cluster


def changeable(request: Request, project: Project) -> Cluster:
    cluster = find(request, project)
    refuse_deleting(cluster, project)
    return cluster


def refuse_deleting(cluster: Cluster, project: Project) -> None:
    """Raises RefusedError."""
    if cluster.state == DELETING:
        why = f"Cluster {cluster.name} in group {project.identity} has already been requested for deletion."
        raise RefusedError(400, "CLUSTER_ALREADY_REQUESTED_DELETION", why, cluster.name, project.identity)


def check_name(project: Project, name: Any) -> None:
    """Raises RefusedError."""
    if not name:
        raise missing("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid("name", "It may have ASCII letters, digits and hyphens.")
    if name[:PREFIX].endswith("-"):
        raise invalid("name", f"Neither its last character nor its {PREFIX}rd may be a hyphen.")
    if name[:PREFIX] in {there[:PREFIX] for there in project.clusters}:
        why = f"A cluster or serverless instance named {name} is already present in group {project.identity}."
        raise RefusedError(400, "DUPLICATE_CLUSTER_NAME", why, "cluster or serverless instance", name, project.identity)


def refuse_what_free_has_not(body: Body) -> None:
    """Raises RefusedError."""
    for name in ("mongoDBMajorVersion", "backupEnabled", "pitEnabled"):
        if body.get(name):
            raise invalid(name, "It cannot be chosen for a cluster on a TENANT provider.")


def merged(given: Body, there: Body, free: bool) -> Body:
    """The cluster that comes of a request: `given` over `there` over Atlas's defaults. Raises RefusedError."""
    body = {**SCALARS, "tags": [], "labels": [], **there}
    body.update({name: given[name] for name in (*SCALARS, *LISTS) if given.get(name) is not None})
    if body["pitEnabled"] and not body["backupEnabled"]:
        why = "Point in time restore requires cloud backup (backupEnabled)."
        raise RefusedError(400, "PIT_REQUIRES_BACKUP", why)
    old = there.get("mongoDBMajorVersion")
    version = given.get("mongoDBMajorVersion") or old or max(MONGODB)
    if version not in MONGODB:
        raise RefusedError(
            400, "INVALID_MONGODB_VERSION", f"Version {version} is none of {', '.join(MONGODB)}.", version
        )
    if old and version < old:
        why = f"Cannot downgrade a cluster from {old} to {version}."
        raise RefusedError(400, "CANNOT_DOWNGRADE_MONGODB_VERSION", why)
    body |= {"mongoDBMajorVersion": version, "mongoDBVersion": MONGODB[version]}
    if "replicationSpecs" in given:
        body["replicationSpecs"] = replication(given, there, free)
    return body


def replication(given: Body, there: Body, free: bool) -> list[Body]:
    """Raises RefusedError."""
    known = {
        region["regionName"]: region for spec in there.get("replicationSpecs", []) for region in spec["regionConfigs"]
    }
    wanted = sizes.regions(given)
    configs = [
        sizes.free_region(region) if free else sizes.dedicated_region(region, known.get(region["regionName"]))
        for region in wanted
    ]
    kept = there.get("replicationSpecs", [{}])[0]
    # Atlas sorts them by priority, highest first, whatever order they came in.
    configs.sort(key=lambda region: -region["priority"])
    return [
        {
            "id": kept.get("id") or new_id(),
            "regionConfigs": configs,
            "zoneId": kept.get("zoneId") or new_id(),
            "zoneName": "Zone 1",
        }
    ]


def shown(world: World, request: Request, project: Project, cluster: Cluster) -> Body:
    path = f"/groups/{project.identity}/clusters/{cluster.name}"
    links = self_link(request, path)
    for name in ("restoreJobs", "snapshots"):
        links.append({**self_link(request, f"{path}/backup/{name}")[0], "rel": f"https://cloud.mongodb.com/{name}"})
    return {
        "advancedConfiguration": {
            "customOpensslCipherConfigTls12": [],
            "minimumEnabledTlsProtocol": "TLS1_2",
            "tlsCipherConfigMode": "DEFAULT",
        },
        "biConnector": {"enabled": False, "readPreference": "secondary"},
        "clusterType": "REPLICASET",
        **cluster.body,
        "connectionStrings": connection_strings(world, project, cluster),
        "groupId": project.identity,
        "id": cluster.identity,
        "links": links,
        "name": cluster.name,
        "stateName": cluster.state,
        "tags": sorted(cluster.body["tags"], key=lambda tag: tag.get("key", ""), reverse=True),
    }


_ONE = "/groups/{group}/clusters/{cluster}"
_GONE = ("2023-01-01", "2023-02-01")
OPERATIONS = (
    Operation("listClusters", "GET", "/groups/{group}/clusters", ("2024-08-05",), list_clusters, _GONE),
    Operation("getCluster", "GET", _ONE, ("2024-08-05",), get_cluster, _GONE),
    Operation("createCluster", "POST", "/groups/{group}/clusters", ("2024-08-05", "2024-10-23"), create_cluster, _GONE),
    Operation("updateCluster", "PATCH", _ONE, ("2024-08-05", "2024-10-23"), update_cluster, _GONE),
    Operation("deleteCluster", "DELETE", _ONE, ("2023-02-01",), delete_cluster, ("2023-01-01",)),
)
