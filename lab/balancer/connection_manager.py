"""The HTTP behaviour of an ALB as an Envoy connection manager: time-outs, headers, error pages, access log (pure)."""

from pathlib import Path
from typing import Any

from lab.balancer.model import LoadBalancer
from lab.balancer.routes import STATEFUL_SESSION

Json = dict[str, Any]

HTTP = "type.googleapis.com/envoy.extensions.filters.http."
HTTP_CONNECTION_MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
FILE_ACCESS_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
CEL_FILTER = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"

# From the request's last byte sent to the target until the first byte of its answer: TargetResponseTime.
LOG_FORMAT = (
    "%UPSTREAM_CLUSTER% %UPSTREAM_HOST% %RESPONSE_CODE% %RESPONSE_FLAGS% "
    "%COMMON_DURATION(US_TX_END:US_RX_BEG:us)% %RESPONSE_CODE_DETAILS%"
)

CONNECTION_FLAGS = ["UF", "UC", "UR", "UPE", "LR"]
"""Envoy's flags for a target that could not be reached or broke off: it answers 503, the ALB 502."""
NO_TARGET_FLAGS = ["UH", "NC", "NR", "UO", "DO"]
TIMEOUT_FLAGS = ["UT", "SI"]
REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
TRACE_SCRIPT = """
math.randomseed(os.time())
function envoy_on_request(handle)
  local headers = handle:headers()
  local own = string.format("1-%08x-%08x%08x%08x", os.time(),
    math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), math.random(0, 0x7fffffff))
  local given = headers:get("x-amzn-trace-id")
  if given == nil or given == "" then
    headers:replace("x-amzn-trace-id", "Root=" .. own)
  else
    headers:replace("x-amzn-trace-id", "Self=" .. own .. ";" .. string.gsub(given, "Self=[^;]*;?", ""))
  end
end
"""


def connection_manager(balancer: LoadBalancer, name: str, routes: Json, access_log: Path) -> Json:
    idle = f"{balancer.idle_timeout}s"
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": HTTP_CONNECTION_MANAGER,
            "stat_prefix": name,
            "rds": routes,
            "use_remote_address": True,
            "internal_address_config": {"unix_sockets": False},
            "generate_request_id": False,
            "server_name": "awselb/2.0",
            "server_header_transformation": "APPEND_IF_ABSENT",
            "max_request_headers_kb": 64,
            "http_protocol_options": {"accept_http_10": True},
            # Nothing sent either way for so long: 408 while the request comes in, 504 while the target thinks.
            "stream_idle_timeout": idle,
            "common_http_protocol_options": {
                "idle_timeout": idle,
                "max_connection_duration": f"{balancer.client_keep_alive}s",
            },
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "local_reply_config": {"mappers": error_pages()},
            "http_filters": http_filters(),
            "access_log": [
                {
                    "name": "envoy.access_loggers.file",
                    "typed_config": {
                        "@type": FILE_ACCESS_LOG,
                        "path": str(access_log),
                        "log_format": {"text_format_source": {"inline_string": f"{balancer.dimension} {LOG_FORMAT}\n"}},
                    },
                }
            ],
        },
    }


def http_filters() -> list[Json]:
    return [
        {
            "name": "envoy.filters.http.lua",
            "typed_config": {"@type": f"{HTTP}lua.v3.Lua", "default_source_code": {"inline_string": TRACE_SCRIPT}},
        },
        # Does nothing by itself: a target group with stickiness turns it on for its routes.
        {"name": STATEFUL_SESSION, "typed_config": {"@type": f"{HTTP}stateful_session.v3.StatefulSession"}},
        {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": f"{HTTP}router.v3.Router", "suppress_envoy_headers": True},
        },
    ]


def error_pages() -> list[Json]:
    """502, 503 and 504 with the ALB's pages; fixed responses bear no flag and are left alone."""
    slow_connection = {
        "extension_filter": {
            "name": "cel",
            "typed_config": {"@type": CEL_FILTER, "expression": "response.code_details.contains('connection_timeout')"},
        }
    }
    unreached = {"and_filter": {"filters": [_flags(["UF"]), slow_connection]}}
    idle = {"and_filter": {"filters": [_flags(TIMEOUT_FLAGS), _status(504)]}}
    return [
        _page(unreached, 504),
        _page(_flags(CONNECTION_FLAGS), 502),
        _page(_flags(NO_TARGET_FLAGS), 503),
        _page(idle, 504),
    ]


def _flags(flags: list[str]) -> Json:
    return {"response_flag_filter": {"flags": flags}}


def _status(code: int) -> Json:
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": {"default_value": code, "runtime_key": "none"}}}}


def _page(when: Json, code: int) -> Json:
    title = f"{code} {REASONS[code]}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return {
        "filter": when,
        "status_code": code,
        "body_format_override": {"text_format_source": {"inline_string": page}, "content_type": "text/html"},
    }
