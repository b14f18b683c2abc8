# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Reading nested options that people have written: each refusal names the option and how to mend it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError


@dataclass(frozen=True)
class Options:
    """A mapping and where it stands, for example `release_gates.latency`. An option that is null has its default."""

    where: str
    raw: Mapping[str, Any]

    @classmethod
    def of(cls, where: str, raw: object, known: tuple[str, ...]) -> Options:
        """Raises InputError when it is no mapping or has an option that nobody knows."""
        if not isinstance(raw, Mapping):
            raise InputError(f"{where} is {raw!r}: it must be a mapping with some of {', '.join(known)}.")
        for key in raw:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(known)}."
                raise InputError(f"{where} has the unknown option {key!r}: {hint}")
        return cls(where, raw)

    def refuse(self, key: str, must: str) -> InputError:
        return InputError(f"{self.where}.{key} is {self.raw.get(key)!r}: {must}.")

    def number(self, key: str, default: float, least: float = 0.0, most: float = math.inf) -> float:
        value = self.optional_number(key, least, most)
        return default if value is None else value

    def optional_number(self, key: str, least: float = -math.inf, most: float = math.inf) -> float | None:
        value = self.raw.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            raise self.refuse(key, "it must be a number, without quotes")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse(key, "it must be a number")
        if not least <= value <= most:
            raise self.refuse(key, f"it must be {_range(least, most)}")
        return float(value)

    def whole(self, key: str, default: int, least: int, most: float = math.inf) -> int:
        value = self.number(key, default, least, most)
        if value != int(value):
            raise self.refuse(key, "it must be a whole number")
        return int(value)

    def text(self, key: str, default: str | None = None) -> str:
        """Without a default it must be given."""
        value = self.raw.get(key)
        if value is None and default is not None:
            return default
        if value is None or value == "":
            if default == "":
                return ""
            raise InputError(f"{self.where}.{key} is missing: give it.")
        if not isinstance(value, str):
            raise self.refuse(key, "it must be text; put it in quotes")
        return value

    def texts(self, key: str) -> Mapping[str, str]:
        value = self.raw.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.refuse(key, "it must be a mapping of names to texts")
        for name, item in value.items():
            if not isinstance(name, str) or not isinstance(item, str):
                raise InputError(f"{self.where}.{key} has {name!r}: {item!r}: both must be text; put them in quotes.")
        return dict(value)

    def items(self, key: str) -> list[Any]:
        value = self.raw.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self.refuse(key, "it must be a list")
        return list(value)


def _range(least: float, most: float) -> str:
    if most == math.inf:
        return f"at least {least:g}"
    if least == -math.inf:
        return f"at most {most:g}"
    return f"from {least:g} to {most:g}"
