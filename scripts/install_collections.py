"""Fill collections/ with the pinned collections of requirements.yml.

usage: install_collections.py REQUIREMENTS DESTINATION

Galaxy is asked first. Where it does not answer, the same versions come out of the `ansible`
package, which bundles them: only the folders that are needed are unpacked.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

BUNDLE = "ansible==14.5.0 --hash=sha256:245623ccc2d31d0f6f4bdb63168d550cad305fb032cc43d96e8f61ce8ab0ba84"
GALAXY_SECONDS = 180


def missing(wanted: dict[str, str], folder: Path) -> dict[str, str]:
    """The collections of `wanted` (name: version) that do not stand in `folder` at that version."""
    return {name: version for name, version in wanted.items() if installed(name, folder) != version}


def installed(name: str, folder: Path) -> str | None:
    manifest = folder / name.replace(".", "/") / "MANIFEST.json"
    if not manifest.is_file():
        return None
    return str(json.loads(manifest.read_text())["collection_info"]["version"])


def from_galaxy(requirements: str, destination: Path) -> bool:
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "install", "--force"]
    try:
        done = subprocess.run(
            [*command, "-r", requirements, "-p", str(destination)],
            capture_output=True,
            timeout=GALAXY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def from_bundle(names: list[str], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pin = Path(scratch, "bundle.txt")
        pin.write_text(BUNDLE + "\n")
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", f"--dest={scratch}"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, f"--requirement={pin}"], check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as bundle:
            unpack(bundle, names, folder)


def unpack(bundle: zipfile.ZipFile, names: list[str], folder: Path) -> None:
    """Unpack the named collections and, through their manifests, what they depend on."""
    waiting, done = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        prefix = f"ansible_collections/{name.replace('.', '/')}/"
        manifest = json.loads(bundle.read(f"{prefix}MANIFEST.json"))
        waiting += manifest["collection_info"]["dependencies"]
        bundle.extractall(folder.parent, [item for item in bundle.namelist() if item.startswith(prefix)])


def main() -> int:
    requirements, destination = sys.argv[1], Path(sys.argv[2])
    folder = destination / "ansible_collections"
    listed = yaml.safe_load(Path(requirements).read_text())["collections"]
    wanted = {item["name"]: str(item["version"]) for item in listed}
    if missing(wanted, folder) and not from_galaxy(requirements, destination):
        from_bundle(list(wanted), folder)
    if left := missing(wanted, folder):
        print(f"could not install {left}: Galaxy does not answer and {BUNDLE.split()[0]} has other versions")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
