"""What pushes to the lab's registry and pulls from it, as docker does, in this process."""

import json
from typing import Any

from werkzeug.test import Client

from lab.registry.digests import digest

PASSWORD = "registry-hunter2"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def document(content: Any) -> bytes:
    return json.dumps(content).encode()


class Pusher:
    """What pushes and pulls, as docker does it."""

    def __init__(self, client: Client, password: str = PASSWORD, name: str = "team/app") -> None:
        self._client = client
        self.password = password
        self.name = name

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self._client.open(path, method=method, auth=("AWS", self.password) if self.password else None, **options)

    def blob(self, data: bytes) -> str:
        """Push one in two chunks."""
        begun = self.ask("POST", f"/v2/{self.name}/blobs/uploads/")
        assert begun.status_code == 202, begun.text
        half = len(data) // 2
        sent = self.ask("PATCH", begun.headers["Location"], data=data[:half])
        assert sent.headers["Range"] == f"0-{max(0, half - 1)}"
        done = self.ask("PUT", f"{sent.headers['Location']}?digest={digest(data)}", data=data[half:])
        assert done.status_code == 201, done.text
        return digest(data)

    def manifest(self, reference: str, content: Any, media_type: str = MANIFEST) -> Any:
        path = f"/v2/{self.name}/manifests/{reference or digest(document(content))}"
        return self.ask("PUT", path, data=document(content), content_type=media_type)

    def image(self, tag: str, layer: bytes = b"layer", architecture: str = "amd64") -> str:
        """Push an image, under a tag or, where that is empty, by its digest; its digest."""
        config = self.blob(document({"architecture": architecture, "config": {"Entrypoint": ["python"], "Cmd": ["x"]}}))
        content = {"schemaVersion": 2, "config": {"digest": config}, "layers": [{"digest": self.blob(layer)}]}
        done = self.manifest(tag, content)
        assert done.status_code == 201, done.text
        return str(done.headers["Docker-Content-Digest"])
