"""ECS services: what CreateService keeps, what UpdateService deploys, how DeleteService drains."""

from collections.abc import Callable
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.exceptions import ClusterNotFoundException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from lab.aws.patching import wrap
from lab.ecs.records import new_deployment

NEEDS_DEPLOYMENT = {
    "task_definition",
    "network_configuration",
    "load_balancers",
    "platform_version",
    "capacity_provider_strategy",
    "service_registries",
}


def apply() -> None:
    service_creation()
    service_update()
    service_deletion()
    service_listing()


def service_creation() -> None:
    """CreateService keeps all it is given, with AWS's defaults, and starts no task by itself.

    It refuses a second ACTIVE service of the same name, a load balancer without the container it leads to, and a target
    group that no load balancer uses.
    """

    @wrap(EC2ContainerServiceResponse, "create_service")
    def create_service(original: Callable[..., ActionResult], response: EC2ContainerServiceResponse) -> ActionResult:
        backend = response.ecs_backend
        cluster = backend._get_cluster(response._get_param("cluster", "default"))
        if cluster.status != "ACTIVE":
            raise ClusterNotFoundException
        existing = backend.services.get(f"{cluster.name}:{response._get_param('serviceName')}")
        if existing is not None and existing.status == "DRAINING":
            raise InvalidParameterException("Unable to Start a service that is still Draining.")
        if existing is not None and existing.status != "INACTIVE":
            raise InvalidParameterException("Creation of service was not idempotent.")
        _check_load_balancers(backend, response._get_param("loadBalancers") or [])
        answer = original(response)
        service: Service = answer.result["service"]
        for field, value in _service_fields(response).items():
            setattr(service, xform_name(field), value)
        service.running_count = service.pending_count = 0
        service.deployments = []
        new_deployment(service)
        return answer


def _service_fields(response: EC2ContainerServiceResponse) -> dict[str, Any]:
    balanced = bool(response._get_param("loadBalancers"))
    role = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    strategy = response._get_param("capacityProviderStrategy")
    return {
        "createdAt": utcnow(),
        "launchType": None if strategy else response._get_param("launchType", "EC2"),
        "capacityProviderStrategy": strategy,
        "platformVersion": response._get_param("platformVersion", "LATEST"),
        "platformFamily": "Linux",
        "deploymentConfiguration": deployment_configuration(response._get_param("deploymentConfiguration") or {}),
        "healthCheckGracePeriodSeconds": response._get_param("healthCheckGracePeriodSeconds", 0 if balanced else None),
        "availabilityZoneRebalancing": response._get_param("availabilityZoneRebalancing", "ENABLED"),
        "enableECSManagedTags": response._get_bool_param("enableECSManagedTags", False),
        "enableExecuteCommand": response._get_bool_param("enableExecuteCommand", False),
        "placementConstraints": response._get_param("placementConstraints") or [],
        "placementStrategy": response._get_param("placementStrategy") or [],
        "roleArn": f"arn:aws:iam::{response.current_account}:{role}",
        "createdBy": f"arn:aws:iam::{response.current_account}:root",
    }


def deployment_configuration(given: dict[str, Any]) -> dict[str, Any]:
    """A deploymentConfiguration with AWS's defaults filled in."""
    breaker = {"enable": False, "rollback": False, **given.get("deploymentCircuitBreaker", {})}
    defaults = {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING", "bakeTimeInMinutes": 0}
    return {**defaults, **given, "deploymentCircuitBreaker": breaker}


def _check_load_balancers(backend: EC2ContainerServiceBackend, balancers: list[dict[str, Any]]) -> None:
    elbv2 = elbv2_backends[backend.account_id][backend.region_name]
    for item in balancers:
        for field, words in (("containerName", "Container Name"), ("containerPort", "Container Port")):
            if not item.get(field):
                raise InvalidParameterException(f"{words} can not be blank.")
        arn = item.get("targetGroupArn")
        if not arn:
            continue
        if arn not in elbv2.target_groups:
            raise InvalidParameterException(f"The specified target group {arn} does not exist.")
        if not elbv2.target_groups[arn].load_balancer_arns:
            raise InvalidParameterException(
                f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            )


def service_update() -> None:
    """UpdateService starts a deployment when what its tasks are made of changes, or when forced.

    moto sets runningCount to the desired count, a false steady state, and never begins a deployment.
    """

    def update_service(backend: EC2ContainerServiceBackend, given: dict[str, Any]) -> Service:
        service = backend._get_service(given.pop("cluster", "default"), given.pop("service").rsplit("/", 1)[-1])
        if service.status != "ACTIVE":
            raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
        if given.get("load_balancers"):
            _check_load_balancers(backend, given["load_balancers"])
        forced = given.pop("force_new_deployment", False)
        if definition := given.get("task_definition"):
            given["task_definition"] = backend.describe_task_definition(definition).arn
        if configuration := given.get("deployment_configuration"):
            given["deployment_configuration"] = deployment_configuration(
                {**service.deployment_configuration, **configuration}
            )
        changed = {name for name, value in given.items() if value is not None and getattr(service, name, None) != value}
        for name in changed:
            setattr(service, name, given[name])
        if forced or changed & NEEDS_DEPLOYMENT:
            new_deployment(service)
        elif "desired_count" in changed and service.deployments:
            service.deployments[0].update(desiredCount=service.desired_count, updatedAt=utcnow())
        return service

    def respond(response: EC2ContainerServiceResponse) -> ActionResult:
        given = {xform_name(name): value for name, value in response._get_params().items()}
        return ActionResult({"service": response.ecs_backend.update_service(given)})

    EC2ContainerServiceBackend.update_service = update_service
    EC2ContainerServiceResponse.update_service = respond


def service_deletion() -> None:
    """A deleted service is DRAINING until its tasks have stopped, then INACTIVE; moto says INACTIVE at once."""

    def delete_service(backend: EC2ContainerServiceBackend, cluster: str, name: str, force: bool) -> Service:
        service = backend._get_service(cluster, name)
        if service.desired_count > 0 and not force:
            raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
        if service.status == "ACTIVE":
            service.status = "DRAINING"
            service.desired_count = 0
            for deployment in service.deployments:
                deployment["desiredCount"] = 0
        return service

    EC2ContainerServiceBackend.delete_service = delete_service


def service_listing() -> None:
    """ListServices lists no INACTIVE service."""

    @wrap(EC2ContainerServiceBackend, "list_services")
    def list_services(original: Callable[..., list[str]], backend: Any, *given: Any, **named: Any) -> list[str]:
        inactive = {service.arn for service in backend.services.values() if service.status == "INACTIVE"}
        return [arn for arn in original(backend, *given, **named) if arn not in inactive]
