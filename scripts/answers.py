"""Does the application answer, by its name, through the edge? usage: answers.py NAME EDGE_URL CA_FILE

Asks EDGE_URL for NAME, as `curl --resolve` does: the page, the redirect from HTTP, what the edge keeps, what browsers
are told to keep, and a value written to the database and read back.
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
            style = [client.get("/static/style.css", **asked).headers for _ in range(2)][-1]
            print(f"  /static/style.css, asked twice: {style['x-cache']}; {style.get('cache-control')}")
            missing = client.get("/static/not-there.css", **asked)
            is_gone = missing.status_code == 404 and "max-age" not in missing.headers.get("cache-control", "")
            print(f"  /static/not-there.css: {missing.status_code}, {missing.headers.get('cache-control', 'not kept')}")
            written = client.post("/api/events", json={"title": "hello"}, **asked).raise_for_status().json()
            read = client.get(f"/api/events/{written['id']}", **asked).raise_for_status().json()
            print(f"  written to MongoDB and read back: {read['data']['title']}")
    except httpx.HTTPError as error:
        print(f"  {error}\n  python -m lab status and .lab/logs/tasks/ say more", file=sys.stderr)
        return 1
    is_kept = style["x-cache"].startswith("Hit") and "immutable" in style.get("cache-control", "")
    return int(not (is_secured and is_kept and is_gone))


if __name__ == "__main__":
    sys.exit(main())
