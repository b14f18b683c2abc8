# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""HTML and SVG that cannot be forged: every text is escaped where it becomes part of an element. Pure."""

from __future__ import annotations

from html import escape

VOID = frozenset({"meta", "br"})


class Markup(str):
    """Text that is markup already. Only `element` and `join` make it."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """An element; children that are not Markup are escaped, None is left out.

    Attribute names lose a trailing underscore, and others become hyphens: class_, stroke_width.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>" if name in VOID else f"<{name}{told}>{join(*children)}</{name}>")


def join(*children: str | None) -> Markup:
    """Children side by side."""
    return Markup(
        "".join(child if isinstance(child, Markup) else escape(child) for child in children if child is not None)
    )


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
