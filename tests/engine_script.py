"""A container engine's command line, played by a script."""

from pathlib import Path


class Script:
    """A program that notes its arguments, a line a call, and does what `says` has for the first of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine"
        self._notes = folder / "notes"
        self._folder = folder
        self.path.write_text(f'#!/bin/sh\necho "$*" >> {self._notes}\n. {folder}/$1.sh\n')
        self.path.chmod(0o755)
        for word in ("ps", "image", "login", "logout"):
            self.says(word, ":")

    def says(self, word: str, shell: str) -> None:
        (self._folder / f"{word}.sh").write_text(f"{shell}\n")

    @property
    def calls(self) -> list[str]:
        return self._notes.read_text().splitlines() if self._notes.exists() else []
