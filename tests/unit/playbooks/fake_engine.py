"""Plays docker and skopeo: notes how it was called, and what it pushes is in the emulated ECR.

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
        login = os.environ.get("REGISTRY_AUTH_FILE", "")
        file.write(json.dumps({"engine": engine, "words": words, "stdin": said, "login": login}) + "\n")
    if words[0] == os.environ.get("FAKE_ENGINE_FAILS"):
        print("no route to host", file=sys.stderr)
        return 1
    if engine == "skopeo":
        return skopeo(words, said)
    if "--push" in words:
        push(words[words.index("--tag") + 1], words[words.index("--tag") + 1])
    return 0


def skopeo(words: list[str], said: str) -> int:
    """It keeps its login in REGISTRY_AUTH_FILE. An archive is any text here; its digest is the text's."""
    login = Path(os.environ["REGISTRY_AUTH_FILE"]) if "REGISTRY_AUTH_FILE" in os.environ else None
    if words[0] == "login" and login:
        login.write_text(said)
    if words[0] == "inspect":
        text = Path(words[-1].removeprefix("oci-archive:")).read_text()
        if not text:
            print("unexpected EOF", file=sys.stderr)
            return 1
        print(text, end="")
    if words[0] == "copy":
        if not login or not login.read_text():
            print("no basic auth credentials", file=sys.stderr)
            return 1
        text = Path(words[-2].removeprefix("oci-archive:")).read_text()
        push(words[-1].removeprefix("docker://"), os.environ.get("FAKE_ENGINE_PUSHES", text))
    return 0


def push(target: str, content: str) -> None:
    repository, tag = target.partition("/")[2].rsplit(":", 1)
    manifest = {"schemaVersion": 2, "mediaType": "x", "config": {"digest": tag}, "layers": []}
    digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
    boto3.client("ecr").put_image(
        repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag, imageDigest=digest
    )


if __name__ == "__main__":
    sys.exit(main())
