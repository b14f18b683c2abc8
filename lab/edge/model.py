"""What the emulator's CloudFront says, frozen, in CloudFront's own words. Times are in seconds."""

from dataclasses import dataclass, field

from lab.aws.cloudfront.player import Play
from lab.balancer.model import Certificate


@dataclass(frozen=True)
class Selection:
    """Which of the viewer's cookies, query strings or headers are meant."""

    behavior: str = "none"
    """none, whitelist, allExcept or all."""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class CachePolicy:
    """What is in the cache key, which is sent to the origin too, and how long objects stay."""

    least: int = 0
    default: int = 0
    most: int = 0
    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()
    gzip: bool = False
    brotli: bool = False


@dataclass(frozen=True)
class OriginRequestPolicy:
    """What is sent to the origin beside the key."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()


@dataclass(frozen=True)
class AddedHeader:
    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class ResponseHeadersPolicy:
    added: tuple[AddedHeader, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Behaviour:
    """`pattern` is None for the default one."""

    pattern: str | None
    origin: str
    viewer_protocol: str
    methods: tuple[str, ...]
    cached_methods: tuple[str, ...]
    compress: bool = False
    cache: CachePolicy = CachePolicy()
    request: OriginRequestPolicy | None = None
    response: ResponseHeadersPolicy | None = None
    function: Play | None = None
    """What is made of its answers below 400, after the policy."""


@dataclass(frozen=True)
class Origin:
    """`address` is where the domain name leads in the lab's zones, None when it leads nowhere."""

    id: str
    domain: str
    address: str | None
    port: int
    https: bool
    path: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tls_versions: tuple[str, ...] = ("TLSv1.2",)
    connect_timeout: int = 10
    attempts: int = 3
    read_timeout: int = 30
    keepalive_timeout: int = 5


@dataclass(frozen=True)
class Invalidation:
    """A path that was invalidated, and the number of the last invalidation of it."""

    path: str
    number: int


@dataclass(frozen=True)
class Distribution:
    id: str
    domain_name: str
    address: str
    aliases: tuple[str, ...]
    behaviours: tuple[Behaviour, ...]
    """In the order in which they are looked through; the default one last."""
    origins: tuple[Origin, ...]
    certificates: tuple[Certificate, ...] = ()
    """The one for CloudFront's own name first."""
    minimum_protocol: str = "TLSv1.2_2021"
    http2: bool = True
    root_object: str = ""
    error_seconds: tuple[tuple[int, int], ...] = ()
    """ErrorCachingMinTTL by status, where it was given."""
    invalidations: tuple[Invalidation, ...] = ()

    def origin_of(self, place: int) -> Origin:
        """The origin that the behaviour at this place asks."""
        return next(origin for origin in self.origins if origin.id == self.behaviours[place].origin)


@dataclass(frozen=True)
class Snapshot:
    distributions: tuple[Distribution, ...] = ()
