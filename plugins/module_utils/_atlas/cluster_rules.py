# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is no difference, what must not be changed, and what must not be deleted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import number, tier
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change

Properties = Mapping[str, Any]

PREFIX = 23
"""By so many characters Atlas tells the clusters of a project apart: the hosts' names begin with them.
https://www.mongodb.com/docs/atlas/reference/atlas-limits/"""


def as_asked(there: Properties, asked: Properties) -> dict[str, Any]:
    """`there` to be compared with `asked`: what Atlas's autoscaling has grown or shrunk is as good as asked for."""
    seen = dict(there)
    if "instance_size" in asked:
        seen["instance_size"] = asked["instance_size"] if _scaled(there, asked) else there["instance_size"]
    disk, wish = there.get("disk_size_gb"), asked.get("disk_size_gb")
    if disk and wish and disk > wish and asked.get("disk_autoscaling", there.get("disk_autoscaling")):
        seen["disk_size_gb"] = wish
    return seen


def size_to_be(there: Properties, asked: Properties) -> str:
    """The size that a change asks for: not the wanted one where autoscaling has chosen another."""
    return str(there["instance_size"] if _scaled(there, asked) else asked["instance_size"])


def _scaled(there: Properties, asked: Properties) -> bool:
    """Whether the size is what autoscaling may have made of the one asked for."""
    scaling = asked.get("compute_autoscaling", there.get("compute_autoscaling"))
    if not scaling or tier(there["instance_size"]) != "dedicated" or tier(asked["instance_size"]) != "dedicated":
        return False
    least = scaling.get("min") or asked["instance_size"]
    return number(least) <= number(there["instance_size"]) <= number(scaling["max"])


def refuse(changes: Sequence[Change], cluster: Cluster | None) -> None:
    """Raise InputError for a change that Atlas cannot make in place, or that must not be made."""
    for change in changes:
        if cluster and change.action == "delete":
            _refuse_deletion(cluster)
        if cluster and change.action == "update":
            _refuse_size(cluster, change.after)
            _refuse_layout(cluster, change.after)
            _refuse_downgrade(cluster, change.after)


def refuse_paused(cluster: Cluster | None) -> None:
    """Raise InputError for a cluster that is paused: nothing of it can be changed or used."""
    if cluster and cluster.paused:
        raise InputError(
            f"cluster {cluster.name} is paused. Resume it in Atlas (Clusters, Resume), "
            f"or with `atlas clusters start {cluster.name}`, then run the same command again."
        )


def refuse_unowned(cluster: Cluster) -> None:
    """Raise InputError for a cluster of our name that nobody's tags are on: it is somebody's who works by hand."""
    if ENVIRONMENT_TAG not in cluster.properties["tags"]:
        raise InputError(
            f"there is a cluster {cluster.name} ({cluster.size}) already, which no environment has made: it carries no "
            f"tag {ENVIRONMENT_TAG}. Taken over, it would be tagged, changed to what the variables say (its size too), "
            f"and deleted with the environment. Choose another atlas_cluster_name, or say atlas_adopt_cluster: true."
        )


def refuse_twin(name: str, others: Iterable[str]) -> None:
    """Raise InputError where Atlas could not tell a new cluster from one that is there."""
    for other in others:
        if other != name and other[:PREFIX].lower() == name[:PREFIX].lower():
            raise InputError(
                f"atlas_cluster_name is {name!r}, and the project has a cluster {other}: Atlas tells them apart by "
                f"the first {PREFIX} characters of their names. Choose another beginning, or another project."
            )


def _refuse_deletion(cluster: Cluster) -> None:
    if cluster.properties["termination_protection"]:
        raise InputError(
            f"cluster {cluster.name} is protected from termination, so nothing was deleted. "
            f"Set atlas_termination_protection: false, run playbooks/site.yml, then run the same command again."
        )


def _refuse_size(cluster: Cluster, after: Properties) -> None:
    if "instance_size" not in after or cluster.tier == tier(after["instance_size"]) == "dedicated":
        return
    there, to_be = cluster.size, after["instance_size"]
    what = f"cluster {cluster.name} has the size {there} and atlas_instance_size is {to_be}"
    back = f"Or put atlas_instance_size: {there} back."
    if tier(to_be) == "dedicated":
        raise InputError(
            f"{what}. Atlas makes an {there} cluster a dedicated one only by an upgrade, which takes the cluster away "
            f"for some minutes and cannot be undone. In Atlas: Clusters, {cluster.name}, Edit Configuration, choose "
            f"{to_be}; or `atlas clusters upgrade {cluster.name} --tier {to_be}`. "
            f"Then run the same command again: it goes on from there. {back}"
        )
    raise InputError(
        f"{what}. Atlas cannot change that in place. Build a new cluster (another atlas_cluster_name) of the "
        f"size {to_be}, and move the data with playbooks/migrate.yml. {back}"
    )


def _refuse_layout(cluster: Cluster, after: Properties) -> None:
    for name, words in (("region", "atlas_region is {}"), ("cluster_type", "a {} is wanted")):
        if name in after:
            raise InputError(
                f"cluster {cluster.name} is a {cluster.properties['cluster_type']} in {cluster.properties['region']} "
                f"and {words.format(after[name])}. This module does not move a cluster: that would take every node "
                f"to another place. Put the old value back, or build a new cluster (another atlas_cluster_name) and "
                f"move the data with playbooks/migrate.yml."
            )


def _refuse_downgrade(cluster: Cluster, after: Properties) -> None:
    there, to_be = cluster.properties.get("mongodb_version", ""), after.get("mongodb_version", "")
    if there and to_be and _number(to_be) < _number(there):
        raise InputError(
            f"cluster {cluster.name} runs MongoDB {there} and atlas_mongodb_version is {to_be}. "
            f"Atlas does not go back to an older version. Set atlas_mongodb_version: '{there}'."
        )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
