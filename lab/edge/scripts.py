"""The Lua scripts of a behaviour: the edge's two, with what the behaviour says in front of them (pure)."""

import functools
import math
import zlib
from pathlib import Path
from typing import Any

from lab.aws.cloudfront.player import Outcome, Play
from lab.edge.model import CachePolicy, Distribution, OriginRequestPolicy, Selection

ERROR_SECONDS = 10
"""Error Caching Minimum TTL; https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html"""
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
ALWAYS_KEPT = (404, 414, 500, 501, 502, 503, 504)
KEPT_WHEN_TOLD = (400, 403, 405, 412, 415)
NO_CONNECTION = "CloudFront wasn't able to connect to the origin."


@functools.cache
def source(name: str) -> str:
    return (Path(__file__).parent / f"{name}.lua").read_text()


def script(name: str, constants: dict[str, Any]) -> str:
    return f"local BEHAVIOUR = {literal(constants)}\n{source(name)}"


def literal(value: Any) -> str:
    """A value as Lua writes it: texts, numbers, truth, lists and tables of them."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value) if math.isfinite(value) else "math.huge"
        case str():
            return '"' + "".join(map(_character, value.encode())) + '"'
        case dict():
            fields = (f"[{literal(name)}]={literal(item)}" for name, item in value.items())
            return "{" + ",".join(fields) + "}"
        case list() | tuple():
            return "{" + ",".join(map(literal, value)) + "}"
    raise TypeError(f"Lua has no {type(value).__name__}")


def _character(byte: int) -> str:
    plain = 32 <= byte < 127 and byte not in b'"\\'
    return chr(byte) if plain else f"\\{byte:03d}"


def selection(given: Selection, *, headers: bool = False) -> dict[str, Any]:
    """Headers have no case."""
    names = [name.lower() for name in given.names] if headers else given.names
    return {"behavior": given.behavior, "names": dict.fromkeys(names, True)}


def via(distribution: Distribution) -> str:
    return f"1.1 {zlib.crc32(distribution.id.encode()):08x}.cloudfront.net (CloudFront)"


def viewer(distribution: Distribution, place: int, scheme: str) -> str:
    """For the behaviour at `place`: each has its part of the cache."""
    behaviour, origin = distribution.behaviours[place], distribution.origin_of(place)
    cache, request = behaviour.cache, behaviour.request or OriginRequestPolicy()
    response = behaviour.response
    constants = {
        "scheme": scheme,
        "cache_name": f"{distribution.id}.{place}",
        "caches": cache.most > 0,
        "gzip": cache.gzip,
        "brotli": cache.brotli,
        "key_headers": selection(cache.headers, headers=True),
        "key_cookies": selection(cache.cookies),
        "key_query": selection(cache.query),
        "sent_headers": selection(request.headers, headers=True),
        "sent_cookies": selection(request.cookies),
        "sent_query": selection(request.query),
        "origin_host": origin.domain,
        "no_connection": NO_CONNECTION + "\n",
        "origin_path": origin.path,
        "root_object": distribution.root_object,
        "invalidations": [
            {"path": item.path.removesuffix("*"), "open": item.path.endswith("*"), "number": item.number}
            for item in distribution.invalidations
        ],
        "added": [
            {"name": header.name.lower(), "value": header.value, "override": header.override}
            for header in (response.added if response else ())
        ],
        "removed": [name.lower() for name in (response.removed if response else ())],
        "played": played(behaviour.function) if behaviour.function else False,
    }
    return script("viewer", constants)


def played(function: Play) -> dict[str, Any]:
    def said(outcome: Outcome) -> dict[str, Any]:
        return {
            "put": [{"name": name, "value": value} for name, value in outcome.put],
            "removed": list(outcome.removed),
        }

    return {"usual": said(function.usual), "by_status": {status: said(one) for status, one in function.by_status}}


def origin(distribution: Distribution, place: int) -> str:
    """For the behaviour at `place`, as it asks its origin."""
    behaviour = distribution.behaviours[place]
    cache, errors = behaviour.cache, error_seconds(distribution)
    constants = {
        "caches": cache.most > 0,
        "least": cache.least,
        "default": cache.default,
        "most": cache.most,
        "headers": [{"name": name.lower(), "value": value} for name, value in distribution.origin_of(place).headers],
        "cookies": sends_cookies(cache, behaviour.request),
        "error_seconds": {code: errors[code] for code in ALWAYS_KEPT},
        "told_error_seconds": {code: errors[code] for code in KEPT_WHEN_TOLD},
    }
    return script("origin", constants)


def error_seconds(distribution: Distribution) -> dict[int, int]:
    """For how long each error that can be kept is kept at least."""
    given = dict(distribution.error_seconds)
    return {code: given.get(code, ERROR_SECONDS) for code in (*ALWAYS_KEPT, *KEPT_WHEN_TOLD)}


def sends_cookies(cache: CachePolicy, request: OriginRequestPolicy | None) -> bool:
    """Where no cookie goes to the origin, none comes back."""
    return cache.cookies.behavior != "none" or (request is not None and request.cookies.behavior != "none")
