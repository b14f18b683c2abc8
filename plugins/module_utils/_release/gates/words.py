# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Figures as people read them. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Traffic


def percent(rate: float) -> str:
    """One decimal, or two digits where that would show a rate as nothing."""
    return f"{100 * rate:.1f} %" if not rate or rate >= 0.0005 else f"{100 * rate:.2g} %"


def counted(traffic: Traffic) -> str:
    """As 4.1 % (82/2000)."""
    rate = traffic.errors / traffic.requests if traffic.requests else 0.0
    return f"{percent(rate)} ({traffic.errors}/{traffic.requests})"


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
