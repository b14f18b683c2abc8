"""What an image is, as an OCI manifest: the same contents give the same digest, on every machine.

https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.registry.digests import digest

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Layer:
    """A part of an image; `size` in bytes."""

    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The text that is pushed, and its digest."""

    text: str
    digest: str


def canonical(document: Any) -> bytes:
    """JSON with one spelling."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def architecture(machine: str) -> str:
    """An image's name for the processor that uname calls `machine`."""
    return _ARCHITECTURES.get(machine, machine)


def make(layers: Sequence[Layer], environment: Mapping[str, str], command: Sequence[str], machine: str) -> Manifest:
    """The manifest of these layers, run with this environment and command on this machine (as uname calls it)."""
    config = canonical(
        {
            "architecture": architecture(machine),
            "os": "linux",
            "config": {
                "Env": [f"{name}={value}" for name, value in sorted(environment.items())],
                "Cmd": list(command),
                "WorkingDir": "/app",
                "ExposedPorts": {"5000/tcp": {}},
            },
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        }
    )
    text = canonical(
        {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": {"mediaType": _CONFIG_TYPE, "digest": digest(config), "size": len(config)},
            "layers": [{"mediaType": _LAYER_TYPE, "digest": item.digest, "size": item.size} for item in layers],
        }
    )
    return Manifest(text.decode(), digest(text))
