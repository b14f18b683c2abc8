# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Tags in Atlas, how they are spelt there, and whose something is by them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

OWNERSHIP = "calstack:"
"""What the tags begin with that say whose something is."""

IN_ATLAS = "calstack."
"""The same in Atlas, which takes no colon."""

LONGEST = 255
_TAKEN = re.compile(rf"[A-Za-z0-9 ;@_.+-]{{1,{LONGEST}}}")
"""What Atlas takes in keys and values: https://www.mongodb.com/docs/atlas/tags/"""


def checked(tags: Mapping[str, Any]) -> dict[str, str]:
    """`tags` with their values as text. Raises InputError for what Atlas would refuse.

    Asked for a project with such a tag, Atlas refuses and creates the project all the same, without any tag.
    """
    texts = {str(key): str(value) for key, value in tags.items()}
    for key, value in texts.items():
        if key.startswith(IN_ATLAS):
            raise InputError(f"the tag {key!r} is written {OWNERSHIP + key.removeprefix(IN_ATLAS)!r} here (tags).")
        for text in (_spelt(key), value):
            if not _TAKEN.fullmatch(text):
                raise InputError(
                    f"the tag {key!r} is {value!r}: in {text!r} is what Atlas does not take. Keys and values are 1 to "
                    f"{LONGEST} letters, digits, spaces and ; @ _ - . + (tags; in the role they come from "
                    f"atlas_environment_name and atlas_stack_name)."
                )
    return texts


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Atlas's list of pairs as a mapping, in the spelling of the options."""
    return {_read(tag["key"]): tag["value"] for tag in answer.get("tags") or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The way back."""
    return [{"key": _spelt(key), "value": value} for key, value in tags.items()]


def _spelt(key: str) -> str:
    return IN_ATLAS + key.removeprefix(OWNERSHIP) if key.startswith(OWNERSHIP) else key


def _read(key: str) -> str:
    return OWNERSHIP + key.removeprefix(IN_ATLAS) if key.startswith(IN_ATLAS) else key


def foreign(asked: Mapping[str, str], there: Mapping[str, str]) -> bool:
    """Whether what has the tags `there` lacks the ownership that the tags `asked` claim."""
    ours = {key: value for key, value in asked.items() if key.startswith(OWNERSHIP)}
    return not ours.items() <= there.items()
