"""Does the application answer through the balancer? usage: answers.py URL CA_FILE

The page, the redirect from HTTP, and a value written to the database and read back.
"""

import json
import ssl
import sys
import urllib.request
from urllib.parse import urlsplit

SECONDS = 10


def ask(url: str, context: ssl.SSLContext, body: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, final URL and text of an answer."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=context, timeout=SECONDS) as answer:
        return answer.status, answer.url, answer.read().decode()


def main() -> int:
    url, ca_file = sys.argv[1].rstrip("/"), sys.argv[2]
    context = ssl.create_default_context(cafile=ca_file)
    status, _, _ = ask(f"{url}/", context)
    print(f"  {url}/ answers {status}")
    plain = urlsplit(url)
    http = f"http://{plain.hostname}:8080/"
    _, final, _ = ask(http, context)
    print(f"  {http} leads to {final}")
    if not final.startswith("https://"):
        return 1
    _, _, text = ask(f"{url}/api/events", context, {"title": "demo"})
    written = json.loads(text)
    _, _, text = ask(f"{url}/api/events/{written['id']}", context)
    print(f"  written to MongoDB and read back: {json.loads(text)['data']['title']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
