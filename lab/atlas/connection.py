"""Where a cluster is to be reached, as Atlas says it (pure).

There are no names here that DNS knows, so `standardSrv` is null and `standard` has an address with the lab's
certificate authority among its options.
"""

from typing import Any
from urllib.parse import urlencode

from lab.atlas.world import CREATING, DEDICATED, Cluster, Project, World
from lab.ca import certificate_file
from lab.settings import Settings


def replica_set(cluster: Cluster) -> str:
    return f"atlas-{cluster.identity[-6:]}-shard-0"


def standard(settings: Settings, cluster: Cluster, *, private: bool = False) -> str:
    host, port = (settings.private_address if private else settings.cluster_address)(cluster.slot)
    options = {
        "tls": "true",
        "tlsCAFile": str(certificate_file(settings)),
        "authSource": "admin",
        "replicaSet": replica_set(cluster),
    }
    return f"mongodb://{host}:{port}/?{urlencode(options)}"


def connection_strings(world: World, project: Project, cluster: Cluster) -> dict[str, Any]:
    """A dedicated cluster has none while it is being created; M0 and Flex have theirs from the first moment."""
    if cluster.kind == DEDICATED and cluster.state == CREATING:
        return {}
    strings: dict[str, Any] = {"standard": standard(world.settings, cluster), "standardSrv": None}
    if private := private_strings(world, project, cluster):
        strings["privateEndpoint"] = private
    return strings


def private_strings(world: World, project: Project, cluster: Cluster) -> list[dict[str, Any]]:
    """One for each service with a VPC endpoint that is AVAILABLE. PrivateLink is for dedicated clusters."""
    found = []
    for service in project.services.values():
        ready = [
            endpoint
            for endpoint in service.endpoints.values()
            if world.clock() >= endpoint.due and not endpoint.rejected and not endpoint.deleting
        ]
        if ready and cluster.kind == DEDICATED:
            found.append(
                {
                    "connectionString": standard(world.settings, cluster, private=True),
                    "endpoints": [
                        {"endpointId": endpoint.identity, "providerName": "AWS", "region": service.region}
                        for endpoint in ready
                    ],
                    "srvConnectionString": None,
                    "type": "MONGOD",
                }
            )
    return found
