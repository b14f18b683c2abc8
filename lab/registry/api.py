"""The registry's HTTP API: what engines, skopeo and the like ask to push and to pull.

Answers are those of the specification, in ECR's words where these are known. Not played: mounting of blobs from other
repositories (it is answered like any upload), deleting, referrers.
"""

import hmac
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

from lab.registry.blobs import Blobs, UnknownUpload, WrongDigest
from lab.registry.catalog import Catalog, Refused

log = logging.getLogger(__name__)

USER = "AWS"
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html"""
READS = ("GET", "HEAD")
MANIFEST_LIMIT = 4 << 20
ROUTES = Map(
    [
        Rule("/v2/", endpoint="version"),
        Rule("/v2/<path:name>/tags/list", endpoint="tags", methods=["GET"]),
        Rule("/v2/<path:name>/manifests/<reference>", endpoint="manifest", methods=["GET", "PUT"]),
        Rule("/v2/<path:name>/blobs/<digest>", endpoint="blob", methods=["GET"]),
        Rule("/v2/<path:name>/blobs/uploads/", endpoint="begin", methods=["POST"]),
        Rule("/v2/<path:name>/blobs/uploads/<upload>", endpoint="upload", methods=["PATCH", "PUT", "DELETE"]),
    ]
)


class RegistryApi:
    """A WSGI application. With a password it is for those who log in with it; without, all may read, and none write."""

    def __init__(self, catalog: Catalog, blobs: Blobs, password: str = "") -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._password = password

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except Refused as refused:
            response = _error(refused.status, refused.code, str(refused))
        except UnknownUpload:
            response = _error(404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
        except WrongDigest as wrong:
            response = _error(400, "DIGEST_INVALID", str(wrong))
        except HTTPException as error:
            response = _error(error.code or 500, "UNSUPPORTED", error.name)
        except Exception:
            log.exception("%s %s", request.method, request.path)
            response = _error(500, "UNKNOWN", "see the lab's log")
        response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self._admit(request)
        endpoint, given = ROUTES.bind_to_environ(request.environ).match()
        answer = getattr(self, f"_{endpoint}")(request, **given)
        assert isinstance(answer, Response)
        return answer

    def _admit(self, request: Request) -> None:
        if not self._password:
            if request.method not in READS:
                raise Refused(405, "UNSUPPORTED", "this address is for pulling only")
            return
        given = request.authorization
        known = given is not None and given.type == "basic" and given.username == USER
        if not known or not hmac.compare_digest(str(given and given.password).encode(), self._password.encode()):
            raise Refused(401, "UNAUTHORIZED", "Not Authorized" if given else "no basic auth credentials")

    def _version(self, _: Request) -> Response:
        return Response("{}", mimetype="application/json")

    def _tags(self, _: Request, name: str) -> Response:
        return Response(json.dumps({"name": name, "tags": self._catalog.tags(name)}), mimetype="application/json")

    def _manifest(self, request: Request, name: str, reference: str) -> Response:
        if request.method in READS:
            found = self._catalog.find(name, reference)
            headers = {"Docker-Content-Digest": found.digest}
            return Response(found.text, content_type=found.media_type, headers=headers)
        request.max_content_length = MANIFEST_LIMIT
        digest = self._catalog.put(name, reference, request.get_data(), request.mimetype)
        return _created(f"/v2/{name}/manifests/{digest}", digest)

    def _blob(self, request: Request, name: str, digest: str) -> Response:
        self._catalog.tags(name)  # for its refusal where there is no such repository
        path = self._blobs.path(digest)
        if path is None:
            raise Refused(404, "BLOB_UNKNOWN", f"there is no blob {digest}")
        answer = send_file(path, request.environ, mimetype="application/octet-stream", etag=digest)
        answer.headers["Docker-Content-Digest"] = digest
        return answer

    def _begin(self, request: Request, name: str) -> Response:
        self._catalog.tags(name)
        upload = self._blobs.begin()
        if digest := request.args.get("digest"):
            return self._finish(request, name, upload, digest)
        return _accepted(name, upload, 0)

    def _upload(self, request: Request, name: str, upload: str) -> Response:
        if request.method == "PATCH":
            return _accepted(name, upload, self._blobs.append(upload, request.stream))
        if request.method == "DELETE":
            self._blobs.cancel(upload)
            return Response(status=204)
        return self._finish(request, name, upload, request.args.get("digest", ""))

    def _finish(self, request: Request, name: str, upload: str, digest: str) -> Response:
        self._blobs.append(upload, request.stream)
        self._blobs.finish(upload, digest)
        return _created(f"/v2/{name}/blobs/{digest}", digest)


def _created(location: str, digest: str) -> Response:
    return Response(status=201, headers={"Location": location, "Docker-Content-Digest": digest})


def _accepted(name: str, upload: str, size: int) -> Response:
    location = f"/v2/{name}/blobs/uploads/{upload}"
    headers = {"Location": location, "Range": f"0-{max(0, size - 1)}", "Docker-Upload-UUID": upload}
    return Response(status=202, headers=headers)


def _error(status: int, code: str, message: str) -> Response:
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Basic realm="ECR"'} if status == 401 else {}
    body = json.dumps({"errors": [{"code": code, "message": message}]})
    return Response(body, status=status, mimetype="application/json", headers=headers)
