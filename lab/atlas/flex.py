"""Flex clusters."""

from lab.atlas import errors, sizes
from lab.atlas.clusters import MONGODB, check_name, delete, refuse_deleting
from lab.atlas.connection import connection_strings
from lab.atlas.errors import RefusedError, check_tags, invalid, missing
from lab.atlas.operations import Answer, Operation, Request, page
from lab.atlas.world import FLEX, Body, Cluster, Project, World, new_id, stamp

ASKED = {"name", "providerSettings", "tags", "terminationProtectionEnabled"}
CHANGED = {"tags", "terminationProtectionEnabled"}


def list_flex_clusters(world: World, request: Request) -> Answer:
    project = request.project(world)
    found = [cluster for cluster in project.clusters.values() if cluster.kind == FLEX]
    return page(request, [shown(world, project, cluster) for cluster in found])


def get_flex_cluster(world: World, request: Request) -> Answer:
    project = request.project(world)
    return Answer(200, shown(world, project, find(request, project)))


def create_flex_cluster(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    check_name(project, body.get("name"))
    if unknown := set(body) - ASKED:
        raise invalid(min(unknown), "Flex clusters have no such setting.")
    check_tags(body.get("tags"))
    provider = body.get("providerSettings") or {}
    if provider.get("backingProviderName") not in ("AWS", "GCP", "AZURE"):
        raise missing("providerSettings.backingProviderName")
    if not sizes.REGION.fullmatch(provider.get("regionName") or ""):
        raise invalid("providerSettings.regionName")
    cluster = Cluster(new_id(), body["name"], FLEX, world.free_slot(), {}, due=world.after("shared"))
    cluster.body = {
        "backupSettings": {"enabled": True},
        "clusterType": "REPLICASET",
        "createDate": stamp(world.clock()),
        "mongoDBVersion": MONGODB[max(MONGODB)],
        "providerSettings": {
            "backingProviderName": provider["backingProviderName"],
            "diskSizeGB": 5.0,
            "providerName": "FLEX",
            "regionName": provider["regionName"],
        },
        "tags": body.get("tags") or [],
        "terminationProtectionEnabled": bool(body.get("terminationProtectionEnabled")),
        "versionReleaseSystem": "LTS",
    }
    project.clusters[cluster.name] = cluster
    return Answer(201, shown(world, project, cluster))


def update_flex_cluster(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    cluster = find(request, project)
    refuse_deleting(cluster, project)
    if unknown := set(body) - CHANGED:
        raise invalid(min(unknown), "Of a Flex cluster tags and termination protection can be changed.")
    check_tags(body.get("tags"))
    cluster.body = {**cluster.body, **body}
    world.change(cluster, "shared", late=request.late)
    return Answer(200, shown(world, project, cluster))


def delete_flex_cluster(world: World, request: Request) -> Answer:
    project = request.project(world)
    cluster = find(request, project)
    refuse_deleting(cluster, project)
    delete(world, project, cluster)
    return Answer(204)


def find(request: Request, project: Project) -> Cluster:
    """Raises RefusedError for none, and for one that is no Flex cluster."""
    name = request.path["cluster"]
    cluster = project.clusters.get(name)
    if cluster is None:
        raise errors.no_such_cluster(name, project.identity)
    if cluster.kind != FLEX:
        why = f"Cluster {name} is not a Flex cluster and cannot be used in the Flex API."
        raise RefusedError(400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API", why, name)
    return cluster


def shown(world: World, project: Project, cluster: Cluster) -> Body:
    return {
        **cluster.body,
        "connectionStrings": connection_strings(world, project, cluster),
        "groupId": project.identity,
        "id": cluster.identity,
        "name": cluster.name,
        "stateName": cluster.state,
    }


_ONE = "/groups/{group}/flexClusters/{cluster}"
VERSIONS = ("2024-11-13",)
OPERATIONS = (
    Operation("listFlexClusters", "GET", "/groups/{group}/flexClusters", VERSIONS, list_flex_clusters),
    Operation("getFlexCluster", "GET", _ONE, VERSIONS, get_flex_cluster),
    Operation("createFlexCluster", "POST", "/groups/{group}/flexClusters", VERSIONS, create_flex_cluster),
    Operation("updateFlexCluster", "PATCH", _ONE, VERSIONS, update_flex_cluster),
    Operation("deleteFlexCluster", "DELETE", _ONE, VERSIONS, delete_flex_cluster),
)
