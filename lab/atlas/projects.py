"""Projects (Atlas's API calls them groups), organizations and maintenance windows."""

from typing import Any

from lab.atlas.credentials import ORGANIZATION
from lab.atlas.errors import RefusedError, check_tags, invalid, missing
from lab.atlas.operations import Answer, Operation, Request, page, self_link
from lab.atlas.world import Project, World, new_id, stamp

NAME_LENGTH = 64
VERSIONS = ("2023-01-01",)


def list_organizations(_: World, request: Request) -> Answer:
    link = self_link(request, f"/orgs/{ORGANIZATION}")
    return page(request, [{"id": ORGANIZATION, "isDeleted": False, "links": link, "name": "CalStack lab"}])


def create_project(world: World, request: Request) -> Answer:
    body = request.mapping()
    name, organization = body.get("name"), body.get("orgId")
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_LENGTH:
        raise missing("name") if not name else invalid("name")
    if not organization:
        raise missing("orgId")
    if organization != ORGANIZATION:
        raise RefusedError(404, "ORG_NOT_FOUND", f"No organization with ID {organization} exists.", organization)
    if any(project.name == name for project in world.projects.values()):
        raise RefusedError(409, "GROUP_ALREADY_EXISTS", f'A group with name "{name}" already exists.', name)
    project = Project(new_id(), name, stamp(world.clock()))
    world.projects[project.identity] = project
    # Only now, as Atlas does: what it refuses here is there all the same.
    check_tags(body.get("tags"))
    project.tags = list(body.get("tags") or [])
    return Answer(201, shown(request, project))


def get_project(world: World, request: Request) -> Answer:
    return Answer(200, shown(request, request.project(world)))


def get_project_by_name(world: World, request: Request) -> Answer:
    name = request.path["name"]
    for project in world.projects.values():
        if project.name == name:
            return Answer(200, shown(request, project))
    raise RefusedError(404, "GROUP_NAME_NOT_FOUND", f'No group with name "{name}" exists.', name)


def list_projects(world: World, request: Request) -> Answer:
    return page(request, [shown(request, project) for project in world.projects.values()])


def delete_project(world: World, request: Request) -> Answer:
    project = request.project(world)
    if project.clusters:
        raise RefusedError(
            409,
            "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_CLUSTERS",
            "There are active clusters in this project. Terminate all clusters before deleting the project.",
        )
    if project.services:
        raise RefusedError(
            409,
            "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_PRIVATE_ENDPOINT_SERVICES",
            "There are active private endpoint services in this project. Delete them before deleting the project.",
        )
    del world.projects[project.identity]
    return Answer(204)


def shown(request: Request, project: Project) -> dict[str, Any]:
    path = f"/groups/{project.identity}"
    links = self_link(request, path)
    for name in ("containers", "clusters", "databaseUsers", "peers", "processes", "whitelist"):
        links.append({**self_link(request, f"{path}/{name}")[0], "rel": f"https://cloud.mongodb.com/{name}"})
    return {
        "clusterCount": len(project.clusters),
        "created": project.created,
        "id": project.identity,
        "links": links,
        "name": project.name,
        "orgId": ORGANIZATION,
        # Atlas gives no promise of their order.
        "tags": sorted(project.tags, key=lambda tag: tag.get("key", ""), reverse=True),
        "withDefaultAlertsSettings": True,
    }


def get_maintenance_window(world: World, request: Request) -> Answer:
    window = request.project(world).maintenance or {}
    common = {"autoDeferOnceEnabled": False, "numberOfDeferrals": 0, "startASAP": False, "timeZoneId": "UTC"}
    return Answer(200, {**common, **window})


def update_maintenance_window(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    window = {**(project.maintenance or {}), **body}
    if window.get("dayOfWeek") not in range(1, 8):
        why = "Invalid Day of Week. Value should be between 1 and 7 (Sunday = 1)."
        raise RefusedError(400, "ATLAS_MAINTENANCE_INVALID_DAY_OF_WEEK", why)
    if window.setdefault("hourOfDay", 0) not in range(24):
        why = "Invalid Hour of Day. Value should be between 0 and 23."
        raise RefusedError(400, "ATLAS_MAINTENANCE_INVALID_HOUR_OF_DAY", why)
    project.maintenance = window
    return Answer(200)


def reset_maintenance_window(world: World, request: Request) -> Answer:
    request.project(world).maintenance = None
    return Answer(204)


OPERATIONS = (
    Operation("listOrganizations", "GET", "/orgs", VERSIONS, list_organizations),
    Operation("listProjects", "GET", "/groups", VERSIONS, list_projects),
    Operation("createProject", "POST", "/groups", VERSIONS, create_project),
    Operation("getProjectByName", "GET", "/groups/byName/{name}", VERSIONS, get_project_by_name),
    Operation("getProject", "GET", "/groups/{group}", VERSIONS, get_project),
    Operation("deleteProject", "DELETE", "/groups/{group}", VERSIONS, delete_project),
    Operation("getMaintenanceWindow", "GET", "/groups/{group}/maintenanceWindow", VERSIONS, get_maintenance_window),
    Operation(
        "updateMaintenanceWindow", "PATCH", "/groups/{group}/maintenanceWindow", VERSIONS, update_maintenance_window
    ),
    Operation(
        "resetMaintenanceWindow", "DELETE", "/groups/{group}/maintenanceWindow", VERSIONS, reset_maintenance_window
    ),
)
