# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What Atlas refuses, in the collection's words."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError


class AtlasError(CalstackError):
    """Atlas refused a request, or could not be asked.

    `status` is the HTTP status (0: there was no answer), `code` Atlas's errorCode ("" where there was none).
    """

    def __init__(self, message: str, *, status: int = 0, code: str = "", detail: str = "") -> None:
        self.status, self.code, self.detail = status, code, detail
        super().__init__(message)
