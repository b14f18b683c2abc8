"""ECS: ListServiceDeployments and DescribeServiceDeployments, which moto does not have (HTTP 500)."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ServiceNotFoundException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from lab.ecs.records import service_deployments


def apply() -> None:
    EC2ContainerServiceResponse.list_service_deployments = list_service_deployments
    EC2ContainerServiceResponse.describe_service_deployments = describe_service_deployments


def list_service_deployments(response: EC2ContainerServiceResponse) -> ActionResult:
    backend = response.ecs_backend
    service = _service(backend, response._get_param("cluster", "default"), response._get_param("service"))
    wanted = response._get_param("status") or []
    found = [item for item in service_deployments(service) if not wanted or item["status"] in wanted]
    return ActionResult({"serviceDeployments": found})


def describe_service_deployments(response: EC2ContainerServiceResponse) -> ActionResult:
    known: dict[str, dict[str, Any]] = {}
    for service in response.ecs_backend.services.values():
        for item in service_deployments(service):
            known[item["serviceDeploymentArn"]] = _described(service, item)
    arns = response._get_param("serviceDeploymentArns")
    return ActionResult(
        {
            "serviceDeployments": [known[arn] for arn in arns if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
        }
    )


def _described(service: Service, item: dict[str, Any]) -> dict[str, Any]:
    configuration = service.deployment_configuration
    breaker = configuration["deploymentCircuitBreaker"]
    return {
        **item,
        "deploymentConfiguration": configuration,
        "deploymentCircuitBreaker": {"status": "MONITORING" if breaker["enable"] else "DISABLED"},
    }


def _service(backend: EC2ContainerServiceBackend, cluster: str, name: str) -> Service:
    service = backend.services.get(f"{cluster.rsplit('/', 1)[-1]}:{name.rsplit('/', 1)[-1]}")
    if service is None:
        raise ServiceNotFoundException
    return service
