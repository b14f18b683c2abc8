"""Does the application answer, by its name, through the edge? usage: answers.py NAME EDGE_URL CA_FILE

Asks EDGE_URL for NAME, as `curl --resolve` does: the page, the redirect from HTTP, what the edge keeps, and a value
written to the database and read back.
"""

import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx

SECONDS = 10
PLAIN_PORT = 8080
"""What plays the edge's port 80: see lab/settings.py."""


def main() -> int:
    name, edge, ca_file = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    # httpx has no --resolve: the name goes into the handshake, where the certificate is checked, and into Host.
    asked: dict[str, Any] = {"headers": {"Host": name}, "extensions": {"sni_hostname": name}}
    try:
        with httpx.Client(base_url=edge, verify=context, timeout=SECONDS) as client:
            page = client.get("/", **asked).raise_for_status()
            print(f"  https://{name} answers {page.status_code} through the edge, {urlsplit(edge).netloc}")
            plain = client.get(f"http://{urlsplit(edge).hostname}:{PLAIN_PORT}/", **asked)
            is_secured = plain.headers.get("location", "").startswith(f"https://{name}")
            print(f"  http://{name} leads to {plain.headers.get('location', 'nowhere')}")
            kept = [client.get("/static/style.css", **asked).headers["x-cache"] for _ in range(2)][-1]
            print(f"  /static/style.css, asked twice: {kept}")
            written = client.post("/api/events", json={"title": "hello"}, **asked).raise_for_status().json()
            read = client.get(f"/api/events/{written['id']}", **asked).raise_for_status().json()
            print(f"  written to MongoDB and read back: {read['data']['title']}")
    except httpx.HTTPError as error:
        print(f"  {error}\n  python -m lab status and .lab/logs/tasks/ say more", file=sys.stderr)
        return 1
    return int(not (is_secured and kept.startswith("Hit")))


if __name__ == "__main__":
    sys.exit(main())
