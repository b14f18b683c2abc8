"""ECS: what moto only pretends. The records keep what was asked for; `lab.ecs` makes it happen and reports it."""

from lab.aws.ecs import clusters, service_deployments, services, tasks
from lab.aws.ecs.tasks import number_tasks

__all__ = ["apply", "number_tasks"]


def apply() -> None:
    for module in (tasks, services, clusters, service_deployments):
        module.apply()
