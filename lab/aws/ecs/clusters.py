"""ECS clusters: idempotent creation, true counts, deletion only when empty; and what the tagging API shows of ECS."""

from collections.abc import Callable
from typing import Any

from moto.ecs import models
from moto.ecs.exceptions import ECSException
from moto.ecs.models import Cluster, EC2ContainerServiceBackend

from lab.aws.patching import wrap


def apply() -> None:
    cluster_creation()
    cluster_counts()
    cluster_deletion()
    tagged_resources()


def cluster_creation() -> None:
    """CreateCluster answers with the cluster that is there; moto makes a new one and forgets its tags.

    A cluster always has `capacityProviders` and `defaultCapacityProviderStrategy`; moto may give neither.
    ListClusters lists no INACTIVE one.
    """

    @wrap(EC2ContainerServiceBackend, "create_cluster")
    def create_cluster(original: Callable[..., Cluster], backend: Any, name: str, *given: Any, **named: Any) -> Cluster:
        existing = backend.clusters.get(name)
        if existing is not None and existing.status == "ACTIVE":
            return existing
        cluster = original(backend, name, *given, **named)
        cluster.capacity_providers = cluster.capacity_providers or []
        cluster.default_capacity_provider_strategy = cluster.default_capacity_provider_strategy or []
        cluster.statistics = []
        return cluster

    def list_clusters(backend: EC2ContainerServiceBackend) -> list[str]:
        return [cluster.arn for cluster in backend.clusters.values() if cluster.status == "ACTIVE"]

    EC2ContainerServiceBackend.list_clusters = list_clusters


def cluster_counts() -> None:
    """A cluster counts its services and tasks as they are."""

    def counted(cluster: Cluster, status: str) -> int:
        return sum(task.status == status for task in _backend_of(cluster).tasks.get(cluster.name, {}).values())

    def services(cluster: Cluster) -> int:
        found = _backend_of(cluster).services.values()
        return sum(service.cluster_name == cluster.name and service.status == "ACTIVE" for service in found)

    def ignore(cluster: Cluster, value: int) -> None:
        """moto keeps its own count, which nothing reads any more."""

    Cluster.running_tasks_count = property(lambda cluster: counted(cluster, "RUNNING"), ignore)
    Cluster.pending_tasks_count = property(lambda cluster: counted(cluster, "PENDING"), ignore)
    Cluster.active_services_count = property(services, ignore)


def _backend_of(cluster: Cluster) -> EC2ContainerServiceBackend:
    return models.ecs_backends[cluster.arn.split(":")[4]][cluster.region_name]


def cluster_deletion() -> None:
    """A cluster with active services or running tasks cannot be deleted."""

    @wrap(EC2ContainerServiceBackend, "delete_cluster")
    def delete_cluster(original: Callable[..., Cluster], backend: Any, name: str) -> Cluster:
        cluster = backend._get_cluster(name)
        if cluster.active_services_count:
            raise ECSException(
                "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
            )
        if any(task.status != "STOPPED" for task in backend.tasks.get(cluster.name, {}).values()):
            raise ECSException("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        return original(backend, name)


def tagged_resources() -> None:
    """The tagging API shows no INACTIVE cluster or service and no STOPPED task."""

    @wrap(EC2ContainerServiceBackend, "iter_tagged_resources")
    def iter_tagged_resources(original: Callable[..., Any], backend: EC2ContainerServiceBackend) -> Any:
        gone = {item.arn for item in backend.services.values() if item.status == "INACTIVE"}
        gone |= {item.arn for item in backend.clusters.values() if item.status == "INACTIVE"}
        gone |= {task.task_arn for task in backend.list_tasks() if task.status == "STOPPED"}
        return (resource for resource in original(backend) if resource.arn not in gone)
