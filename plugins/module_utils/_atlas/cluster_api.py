# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Atlas's calls on clusters of all three kinds."""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import cluster_body, cluster_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_CLUSTER,
    CREATE_FLEX_CLUSTER,
    DELETE_CLUSTER,
    DELETE_FLEX_CLUSTER,
    GET_CLUSTER,
    GET_FLEX_CLUSTER,
    LIST_CLUSTERS,
    LIST_FLEX_CLUSTERS,
    UPDATE_CLUSTER,
    UPDATE_FLEX_CLUSTER,
)

ABSENT = "CLUSTER_NOT_FOUND"
FLEX = "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API"
"""Atlas's answer, with 400, to who asks for a Flex cluster as for the others."""


def get(api: Api, project: str, name: str) -> Cluster | None:
    """The cluster, or None where both operations say that there is none of the name. Raises AtlasError."""
    try:
        answer = unless_absent(lambda: api.call(GET_CLUSTER, project=project, name=name), ABSENT)
    except AtlasError as error:
        if error.code != FLEX:
            raise
        answer = None
    if answer is not None:
        return cluster_model.cluster(answer)
    answer = unless_absent(lambda: api.call(GET_FLEX_CLUSTER, project=project, name=name), ABSENT)
    return None if answer is None else cluster_model.flex(answer)


def names(api: Api, project: str) -> list[str]:
    """Of all clusters of the project. Raises AtlasError."""
    operations = (LIST_CLUSTERS, LIST_FLEX_CLUSTERS)
    return [str(item["name"]) for operation in operations for item in api.every(operation, project=project)]


def create(api: Api, project: str, name: str, wanted: cluster_body.Properties) -> Cluster:
    """Ask for a new cluster, which Atlas then makes."""
    if wanted["instance_size"] == "FLEX":
        body = cluster_body.flex_creation(name, wanted)
        return cluster_model.flex(_whole(body, api.call(CREATE_FLEX_CLUSTER, body=body, project=project)))
    body = cluster_body.creation(name, wanted)
    return cluster_model.cluster(_whole(body, api.call(CREATE_CLUSTER, body=body, project=project)))


def update(
    api: Api, project: str, there: Cluster, changed: cluster_body.Properties, wanted: cluster_body.Properties
) -> str:
    """Ask for `changed`, of all that is `wanted`. Returns the state that Atlas answers."""
    operation = UPDATE_FLEX_CLUSTER if there.tier == "FLEX" else UPDATE_CLUSTER
    answer = api.call(operation, body=cluster_body.update(there, changed, wanted), project=project, name=there.name)
    return str(answer.get("stateName") or "IDLE")


def delete(api: Api, project: str, there: Cluster) -> None:
    """Ask for the cluster to be deleted; not there is as good."""
    operation = DELETE_FLEX_CLUSTER if there.tier == "FLEX" else DELETE_CLUSTER
    unless_absent(lambda: api.call(operation, project=project, name=there.name), ABSENT)


def _whole(body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, whatever of it Atlas leaves out while it begins."""
    return {**body, **answer}
