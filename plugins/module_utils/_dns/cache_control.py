# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The code of the CloudFront function that tells browsers how long to keep static files. Pure.

A response headers policy says the same on every answer. During a release a page of the candidate may ask the stable
colour for a file that it does not have yet: a browser that keeps that 404 for a year never sees the file.
"""

from __future__ import annotations

import json
import re

RUNTIME = "cloudfront-js-2.0"

KEPT = (200, 203, 206, 304)
"""The answers that are the file, or say that the browser has it."""

OTHER_CODE = "(another code)"
NOT_PUBLISHED = "(not published)"

_CODE = """\
// Browsers keep a static file, and nothing else that is answered on its path.
// CloudFront does not run this for 400 and above: what the application says there stays.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
const CACHE_CONTROL = %s;
const KEPT = %s;

function handler(event) {
    const response = event.response;
    const kept = KEPT.includes(response.statusCode);
    response.headers['cache-control'] = { value: kept ? CACHE_CONTROL : 'no-store' };
    return response;
}
"""
_SAID = re.compile(r'^const CACHE_CONTROL = (".*");$', re.MULTILINE)


def code(cache_control: str) -> str:
    """JavaScript that sets `cache_control`, printable ASCII, where the answer is the file."""
    return _CODE % (json.dumps(cache_control), json.dumps(KEPT))


def described(published: str | None) -> str:
    """What `published` code says of static files, or that it is not ours, or that there is none."""
    if published is None:
        return NOT_PUBLISHED
    said = _SAID.search(published)
    if said is None:
        return OTHER_CODE
    try:
        value = json.loads(said[1])
    except ValueError:
        return OTHER_CODE
    return str(value) if published == code(value) else OTHER_CODE
