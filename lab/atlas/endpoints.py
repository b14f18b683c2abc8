"""Private endpoints: Atlas's side of PrivateLink on AWS."""

from lab.atlas.errors import RefusedError, invalid, missing
from lab.atlas.operations import Answer, Operation, Request
from lab.atlas.sizes import REGION
from lab.atlas.world import Body, Endpoint, Project, Service, World, new_id


def list_services(world: World, request: Request) -> Answer:
    return Answer(200, [shown(world, service) for service in request.project(world).services.values()])


def get_service(world: World, request: Request) -> Answer:
    return Answer(200, shown(world, find(request, request.project(world))))


def create_service(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    if body.get("providerName") != "AWS":
        raise invalid("providerName", "The lab has AWS only.") if body.get("providerName") else missing("providerName")
    region = str(body.get("region") or "").upper().replace("-", "_")
    if not REGION.fullmatch(region):
        raise invalid("region")
    if any(service.region == region for service in project.services.values()):
        why = f"A private endpoint service already exists for region {region}."
        raise RefusedError(409, "PRIVATE_ENDPOINT_SERVICE_ALREADY_EXISTS_FOR_REGION", why, region)
    service = Service(new_id(), region, world.after("service"), request.doomed)
    project.services[service.identity] = service
    return Answer(201, shown(world, service))


def delete_service(world: World, request: Request) -> Answer:
    service = find(request, request.project(world))
    if service.endpoints:
        why = "Delete the private endpoints of the service before the service."
        raise RefusedError(409, "CANNOT_DELETE_PRIVATE_ENDPOINT_SERVICE_WITH_ENDPOINTS", why)
    service.deleting, service.due = True, world.after("service")
    return Answer(204)


def get_endpoint(world: World, request: Request) -> Answer:
    service = find(request, request.project(world))
    return Answer(200, endpoint_shown(world, find_endpoint(request, service)))


def create_endpoint(world: World, request: Request) -> Answer:
    service = find(request, request.project(world))
    identity = request.mapping().get("id")
    if not identity:
        raise missing("id")
    if status(world, service) != "AVAILABLE":
        why = f"The private endpoint service is {status(world, service)}."
        raise RefusedError(400, "PRIVATE_ENDPOINT_SERVICE_NOT_AVAILABLE", why)
    if identity in service.endpoints:
        why = f"The private endpoint {identity} is there already."
        raise RefusedError(409, "PRIVATE_ENDPOINT_ALREADY_EXISTS", why, identity)
    endpoint = Endpoint(identity, world.after("endpoint"), rejection(world, service, identity, request.doomed))
    service.endpoints[identity] = endpoint
    return Answer(201, endpoint_shown(world, endpoint))


def delete_endpoint(world: World, request: Request) -> Answer:
    endpoint = find_endpoint(request, find(request, request.project(world)))
    endpoint.deleting, endpoint.due = True, world.after("endpoint")
    return Answer(204)


def rejection(world: World, service: Service, identity: str, doomed: bool) -> str | None:
    """Why the connection will not come about: the account has no such VPC endpoint to this service."""
    if doomed:
        return "Rejected by the lab: a fault of the API."
    known = world.vpc_endpoints()
    if identity not in known:
        return f"No VPC endpoint {identity} asks for a connection."
    if known[identity] != service_name(service):
        return f"VPC endpoint {identity} is for {known[identity]}."
    return None


def find(request: Request, project: Project) -> Service:
    """Raises RefusedError."""
    identity = request.path["service"]
    if identity not in project.services:
        why = f"No private endpoint service with ID {identity} exists in group {project.identity}."
        raise RefusedError(404, "PRIVATE_ENDPOINT_SERVICE_NOT_FOUND", why, identity, project.identity)
    return project.services[identity]


def find_endpoint(request: Request, service: Service) -> Endpoint:
    """Raises RefusedError."""
    identity = request.path["endpoint"]
    if identity not in service.endpoints:
        why = f"No private endpoint {identity} exists for service {service.identity}."
        raise RefusedError(404, "PRIVATE_ENDPOINT_NOT_FOUND", why, identity)
    return service.endpoints[identity]


def status(world: World, service: Service) -> str:
    if service.deleting:
        return "DELETING"
    if world.clock() < service.due:
        return "INITIATING"
    return "FAILED" if service.doomed else "AVAILABLE"


def service_name(service: Service) -> str:
    """What a VPC endpoint is made for."""
    region = service.region.lower().replace("_", "-")
    return f"com.amazonaws.vpce.{region}.vpce-svc-{service.identity[:17]}"


def shown(world: World, service: Service) -> Body:
    now = status(world, service)
    return {
        "cloudProvider": "AWS",
        "endpointServiceName": service_name(service) if now in ("AVAILABLE", "DELETING") else None,
        "errorMessage": "The service could not be made: a fault of the API." if now == "FAILED" else None,
        "id": service.identity,
        "interfaceEndpoints": list(service.endpoints),
        "regionName": service.region,
        "status": now,
    }


def endpoint_shown(world: World, endpoint: Endpoint) -> Body:
    over = world.clock() >= endpoint.due
    now = "DELETING" if endpoint.deleting else "PENDING_ACCEPTANCE"
    if over and not endpoint.deleting:
        now = "REJECTED" if endpoint.rejected else "AVAILABLE"
    return {
        "cloudProvider": "AWS",
        "connectionStatus": now,
        "deleteRequested": endpoint.deleting,
        "errorMessage": endpoint.rejected if now == "REJECTED" else None,
        "interfaceEndpointId": endpoint.identity,
    }


_ALL = "/groups/{group}/privateEndpoint/AWS/endpointService"
_ONE = f"{_ALL}/{{service}}"
VERSIONS = ("2023-01-01",)
OPERATIONS = (
    Operation("listPrivateEndpointServices", "GET", _ALL, VERSIONS, list_services),
    Operation("getPrivateEndpointService", "GET", _ONE, VERSIONS, get_service),
    Operation(
        "createPrivateEndpointService",
        "POST",
        "/groups/{group}/privateEndpoint/endpointService",
        VERSIONS,
        create_service,
    ),
    Operation("deletePrivateEndpointService", "DELETE", _ONE, VERSIONS, delete_service),
    Operation("getPrivateEndpoint", "GET", f"{_ONE}/endpoint/{{endpoint}}", VERSIONS, get_endpoint),
    Operation("createPrivateEndpoint", "POST", f"{_ONE}/endpoint", VERSIONS, create_endpoint),
    Operation("deletePrivateEndpoint", "DELETE", f"{_ONE}/endpoint/{{endpoint}}", VERSIONS, delete_endpoint),
)
