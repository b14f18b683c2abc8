"""How content is named: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests"""

import hashlib
import re

PATTERN = r"sha256:[0-9a-f]{64}"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def is_digest(text: str) -> bool:
    return re.fullmatch(PATTERN, text) is not None
