# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is read out of an answer. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.advice import advice
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import Credentials
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Response


def parsed(doing: str, response: Response) -> Any:
    """The JSON of a success; an empty mapping where it has no body. Raises AtlasError for anything else."""
    if not response.body.strip():
        return {}
    try:
        return json.loads(response.body)
    except ValueError:
        raise AtlasError(
            f"{doing}: the answer ({response.status}) is not JSON, so it is not Atlas's. "
            f"Check MONGODB_ATLAS_BASE_URL, and that no proxy answers in its place.",
            status=response.status,
        ) from None


def refusal(
    doing: str,
    response: Response,
    tries: int,
    who: Credentials,
    hide: Callable[[str], str],
) -> AtlasError:
    """The error for an answer that is no success. `hide` takes secrets out."""
    code, detail = (hide(text) for text in _said(response))
    said = " ".join(filter(None, [str(response.status), code])) + (f": {detail}" if detail else "")
    after = f" (after {tries} tries)" if tries > 1 else ""
    message = f"{doing}: Atlas answered {said.rstrip('.')}{after}. {advice(response.status, code, who)}".rstrip()
    return AtlasError(message, status=response.status, code=code, detail=detail)


def _said(response: Response) -> tuple[str, str]:
    """errorCode and detail; OAuth has its own names for them."""
    try:
        body = json.loads(response.body)
    except ValueError:
        return "", _elsewhere(response)
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error")
    code = body.get("errorCode") or (error if isinstance(error, str) else "")
    detail = body.get("detail") or body.get("error_description") or body.get("reason") or ""
    return str(code or ""), str(detail).strip()


def _elsewhere(response: Response) -> str:
    """Where a redirect leads, without its query; the page of a proxy is no use to anybody."""
    if 300 <= response.status < 400:
        return "a redirect to " + response.headers.get("location", "nowhere").partition("?")[0]
    return ""
