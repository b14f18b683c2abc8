"""Plays docker, podman and skopeo: notes how it was called, and what it pushes is in the emulated ECR.

usage: fake_engine.py ENGINE NOTES WORD…
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import boto3


def main() -> int:
    engine, notes, *words = sys.argv[1:]
    said = sys.stdin.read() if "--password-stdin" in words else ""
    with Path(notes).open("a") as file:
        file.write(json.dumps({"engine": engine, "words": words, "stdin": said}) + "\n")
    if words[0] == os.environ.get("FAKE_ENGINE_FAILS"):
        print("no route to host", file=sys.stderr)
        return 1
    target = target_of(words)
    if target:
        push(target)
    return 0


def target_of(words: list[str]) -> str:
    """What the words push; nothing where they push nothing."""
    if words[0] == "push":
        return words[1]
    if words[0] == "copy":
        return words[-1].removeprefix("docker://")
    if "--push" in words:
        return words[words.index("--tag") + 1]
    return ""


def push(target: str) -> None:
    repository, tag = target.partition("/")[2].rsplit(":", 1)
    manifest = {"schemaVersion": 2, "mediaType": "x", "config": {"digest": tag}, "layers": []}
    digest = f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"
    boto3.client("ecr").put_image(
        repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag, imageDigest=digest
    )


if __name__ == "__main__":
    sys.exit(main())
