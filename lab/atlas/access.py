"""The project's access list. It is kept faithfully, but filters nothing: everybody here comes from loopback."""

import ipaddress
from typing import Any

from lab.atlas.errors import RefusedError, invalid
from lab.atlas.operations import Answer, Operation, Request, page, self_link
from lab.atlas.world import Body, Entry, Project, World, instant

LONGEST_COMMENT = 80
MOST_ENTRIES = 200
KINDS = ("cidrBlock", "ipAddress", "awsSecurityGroup")
ASKED = {*KINDS, "comment", "deleteAfterDate", "groupId", "links"}


def list_access(world: World, request: Request) -> Answer:
    project = request.project(world)
    return page(request, [shown(request, project, entry) for entry in project.access.values()])


def create_access(world: World, request: Request) -> Answer:
    project = request.project(world)
    if not isinstance(request.body, list) or not request.body:
        raise RefusedError(400, "MALFORMED_JSON", "Received JSON that is not an array of entries.")
    if any(entry.status(world.clock()) == "PENDING" for entry in project.access.values()):
        why = "Another session or user already published changes. Wait until they are ACTIVE."
        raise RefusedError(409, "AUTOMATION_CONFIG_CONCURRENT_MODIFICATION", why)
    made = {}
    for given in request.body:
        body = normal(given)
        made[body["cidrBlock"]] = Entry(body, world.after("access"), request.doomed, ends(given))
    if len(project.access | made) > MOST_ENTRIES:
        why = f"An access list has at most {MOST_ENTRIES} entries."
        raise RefusedError(403, "MAX_ATLAS_NETWORK_PERMISSION_ENTRIES", why)
    project.access |= made
    answer = page(request, [shown(request, project, entry) for entry in project.access.values()])
    return Answer(201, answer.body)


def get_access(world: World, request: Request) -> Answer:
    project = request.project(world)
    return Answer(200, shown(request, project, find(request, project)))


def get_access_status(world: World, request: Request) -> Answer:
    entry = find(request, request.project(world))
    return Answer(200, {"STATUS": entry.status(world.clock())})


def delete_access(world: World, request: Request) -> Answer:
    project = request.project(world)
    del project.access[find(request, project).body["cidrBlock"]]
    return Answer(204)


def find(request: Request, project: Project) -> Entry:
    """By address or by block. Raises RefusedError."""
    text = request.path["entry"]
    for block, entry in project.access.items():
        if text in (block, entry.body.get("ipAddress")):
            return entry
    why = f"IP Address {text} not on Atlas access list for group {project.identity}."
    raise RefusedError(404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND", why, text, project.identity)


def normal(given: Any) -> Body:
    """An entry as Atlas keeps it: an address is a block too. Raises RefusedError."""
    if not isinstance(given, dict) or set(given) - ASKED:
        raise invalid(min(set(given) - ASKED) if isinstance(given, dict) else "accessList")
    named = [kind for kind in KINDS if given.get(kind)]
    if "awsSecurityGroup" in named:
        why = "A security group may be on the access list only when the project has a peering connection."
        raise RefusedError(400, "ATLAS_NO_PEERING_CONNECTION_FOR_SECURITY_GROUP", why)
    if not named:
        raise RefusedError(400, "NETWORK_PERMISSION_ENTRY_ADDRESS_REQUIRED", "An entry has an address or a CIDR block.")
    network = parsed(given[named[0]])
    if len(given.get("comment") or "") > LONGEST_COMMENT:
        raise invalid("comment", f"It has at most {LONGEST_COMMENT} characters.")
    body: Body = {"cidrBlock": str(network)}
    if network.prefixlen == network.max_prefixlen:
        body["ipAddress"] = str(network.network_address)
    return body | {name: given[name] for name in ("comment", "deleteAfterDate") if given.get(name)}


def parsed(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Raises RefusedError."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        why = f"{text} is not a valid IP address or CIDR block."
        raise RefusedError(400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", why, text) from None


def ends(given: Body) -> float | None:
    return instant(given["deleteAfterDate"]) if given.get("deleteAfterDate") else None


def shown(request: Request, project: Project, entry: Entry) -> Body:
    path = f"/groups/{project.identity}/accessList/{entry.body['cidrBlock'].replace('/', '%2F')}"
    return {**entry.body, "groupId": project.identity, "links": self_link(request, path)}


_LIST = "/groups/{group}/accessList"
VERSIONS = ("2023-01-01",)
OPERATIONS = (
    Operation("listProjectIpAccessLists", "GET", _LIST, VERSIONS, list_access),
    Operation("createProjectIpAccessList", "POST", _LIST, VERSIONS, create_access),
    Operation("getProjectIpList", "GET", f"{_LIST}/{{entry}}", VERSIONS, get_access),
    Operation("getProjectIpAccessListStatus", "GET", f"{_LIST}/{{entry}}/status", VERSIONS, get_access_status),
    Operation("deleteProjectIpAccessList", "DELETE", f"{_LIST}/{{entry}}", VERSIONS, delete_access),
)
