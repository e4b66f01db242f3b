"""Keys of the gateway's own configuration, and the header that shows one."""

from __future__ import annotations

import hashlib
from typing import Any


def key(identifier: str, *secrets: str, **facts: Any) -> dict[str, Any]:
    """An entry of `auth.keys`; without secrets its key is `key-of-<identifier>`."""
    digests = [hashlib.sha256(secret.encode()).hexdigest() for secret in secrets or (f"key-of-{identifier}",)]
    return {"id": identifier, "sha256": digests[0] if len(digests) == 1 else digests, **facts}


def bearer(identifier: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer key-of-{identifier}")]
