"""Where a secret may have got to: what a play says and leaves, and what any process shows while it runs."""

import base64
import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.integration.laboratory import Laboratory, descendants

EVERY = 0.05
"""Seconds between two looks at the processes."""
BEARER = re.compile(r"lab\.[A-Za-z0-9_-]{43}")
"""A token of the lab's Atlas."""


def forms(value: str) -> set[str]:
    """How `value` may be written: raw, percent-encoded, in JSON, in base64 behind anything and before anything."""
    raw = value.encode()
    found = {value, quote(value, safe=""), quote(value), json.dumps(value)[1:-1]}
    for before in range(3):
        # A character of base64 is six bits: those that share some with a neighbour are left out.
        first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * before + raw).decode()[first:end])
    return found


def of_uri(uri: str) -> set[str]:
    """A connection string, and the password in it as it stands there."""
    return {uri, urlsplit(uri).password or uri}


@dataclass
class Needles:
    """What must be found nowhere; `names` tell a failure what it was without saying it again."""

    names: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, name: str, values: Iterable[str]) -> None:
        self.names |= {form: name for value in values for form in forms(value)}

    def within(self, text: str) -> list[str]:
        found = {name for form, name in self.names.items() if form in text}
        return sorted(found | ({"a bearer token"} if BEARER.search(text) else set()))


@dataclass
class Seen:
    """What processes have shown: anybody's command lines, the environments of one process's descendants."""

    command_lines: set[str] = field(default_factory=set)
    environments: set[str] = field(default_factory=set)


class Watch:
    """Looks at all processes again and again until the end of the block; `root` is the play's."""

    def __init__(self, root: int) -> None:
        self.seen = Seen()
        self._root = root
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Seen:
        self._thread.start()
        return self.seen

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        looks = 0
        while not self._ending.wait(EVERY):
            for entry in Path("/proc").glob("[0-9]*"):
                self.seen.command_lines.add(_text(entry / "cmdline"))
            looks += 1
            if looks % 4 == 1:  # dearer, and an environment does not change
                for pid in (self._root, *descendants(self._root)):
                    self.seen.environments.add(_text(Path(f"/proc/{pid}/environ")))


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


@dataclass
class Witness:
    """Runs plays with -vvv and keeps all they say, leave and show. Everything they leave goes to `folder`."""

    laboratory: Laboratory
    folder: Path
    said: dict[str, str] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)

    def play(self, playbook: str, *options: str, code: int = 0, **environ: str) -> str:
        """`playbook`, and then a play that shows every variable and fact of every host."""
        running = self.laboratory.start(str(self._with_facts(playbook)), "-vvv", *options, **self._places() | environ)
        with Watch(running.pid) as seen:
            output, _ = running.communicate()
        assert running.returncode == code, output
        self.said[f"{playbook} {time.monotonic()}"] = output
        self.seen.command_lines |= seen.command_lines
        self.seen.environments |= seen.environments
        return output

    def search(self, needles: Needles, given: Needles) -> dict[str, list[str]]:
        """Where which secret was found; `given`, which the user has put into the shell, may be in environments."""
        everything = Needles(needles.names | given.names)
        texts = {
            **{f"the output of {name}": text for name, text in self.said.items()},
            **{f"{path}": text for path, text in self._files()},
            "the tables": self._tables(),
            **{f"the command line {line[:60]!r}": line for line in self.seen.command_lines},
        }
        found = {place: everything.within(text) for place, text in texts.items()}
        found |= {"an environment of Ansible's": self._in_environments(needles)}
        return {place: names for place, names in found.items() if names}

    def _in_environments(self, needles: Needles) -> list[str]:
        return sorted({name for text in self.seen.environments for name in needles.within(text)})

    def _files(self) -> Iterator[tuple[Path, str]]:
        for folder in (self.folder, self.laboratory.settings.logs):
            for path in folder.rglob("*"):
                if path.is_file():
                    yield path, path.read_text(errors="replace")

    def _tables(self) -> str:
        dynamodb = self.laboratory.client("dynamodb")
        tables = dynamodb.list_tables()["TableNames"]
        return json.dumps([dynamodb.scan(TableName=name)["Items"] for name in tables], default=_shown)

    def _with_facts(self, playbook: str) -> Path:
        self.folder.mkdir(exist_ok=True)
        wrapper = self.folder / f"{Path(playbook).stem}-and-facts.yml"
        wrapper.write_text(
            f"- import_playbook: {Path(playbook).resolve()}\n"
            "- hosts: all\n  gather_facts: false\n  tasks:\n"
            "    - name: All that is known\n      ansible.builtin.debug:\n        var: hostvars[inventory_hostname]\n"
        )
        return wrapper

    def _places(self) -> dict[str, str]:
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        return {name: str(temporary) for name in ("TMPDIR", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP")}


def _shown(value: Any) -> str:
    """DynamoDB's binary values, in which a text may be packed."""
    return bytes(value).decode(errors="replace")


def reports(folder: Path) -> Mapping[str, str]:
    """So that no report goes to the checkout."""
    return {"release_report_dir": str(folder / "releases"), "migrate_report_dir": str(folder / "migrations")}
