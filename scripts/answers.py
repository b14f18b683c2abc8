"""Does the application answer through the balancer? usage: answers.py URL HTTP_URL CA_FILE

The page, the redirect from HTTP, and a value written to the database and read back.
"""

import ssl
import sys

import httpx

SECONDS = 10


def main() -> int:
    url, plain_url, ca_file = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    with httpx.Client(base_url=url, verify=context, timeout=SECONDS, follow_redirects=True) as client:
        try:
            page = client.get("/").raise_for_status()
            print(f"  {url} answers {page.status_code}")
            redirected = client.get(plain_url).raise_for_status()
            print(f"  {plain_url} leads to {redirected.url}")
            written = client.post("/api/events", json={"title": "hello"}).raise_for_status().json()
            read = client.get(f"/api/events/{written['id']}").raise_for_status().json()
            print(f"  written to MongoDB and read back: {read['data']['title']}")
        except httpx.HTTPError as error:
            print(f"  {error}\n  python -m lab status and .lab/logs/tasks/ say more", file=sys.stderr)
            return 1
    return int(redirected.url.scheme != "https")


if __name__ == "__main__":
    sys.exit(main())
