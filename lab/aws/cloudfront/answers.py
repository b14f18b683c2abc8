"""The operations of CloudFront's API that the lab answers itself, put in the place of moto's or beside them."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult

from lab.aws.cloudfront.config import Config
from lab.aws.cloudfront.distributions import Distributions
from lab.aws.cloudfront.errors import no_such
from lab.aws.cloudfront.functions import DEVELOPMENT, LIVE, Function, Functions
from lab.aws.cloudfront.policies import SORTS, Policies, Sort
from lab.aws.cloudfront.store import Store, store_of
from lab.settings import Settings

VERSION = "2020-05-31"
PLACE = f"https://cloudfront.amazonaws.com/{VERSION}"
MOST = 100
"""Entries in one answer, unless the caller wants fewer."""
PATHS = {"CachePolicy": "cache-policy", "OriginRequestPolicy": "origin-request-policy"}
PATHS |= {"ResponseHeadersPolicy": "response-headers-policy"}

Handler = Callable[[Any], Any]


def apply(settings: Settings) -> None:
    def store(response: CloudFrontResponse) -> Store:
        return store_of(response.backend, settings)

    handlers = {**distribution_handlers(store), **invalidation_handlers(store), **function_handlers(store)}
    handlers["list_tags_for_resource"] = tags
    urls.url_paths[f"{{0}}/{VERSION}/function/(?P<function_name>[^/]+)/publish$"] = CloudFrontResponse.dispatch
    for sort in SORTS:
        handlers |= policy_handlers(store, sort)
        for end in ("", "/(?P<policy_id>[^/]+)", "/(?P<policy_id>[^/]+)/config"):
            urls.url_paths[f"{{0}}/{VERSION}/{PATHS[sort.name]}{end}$"] = CloudFrontResponse.dispatch
    for name, handler in handlers.items():
        setattr(CloudFrontResponse, name, handler)


def snake(name: str) -> str:
    """A handler's name: GetCachePolicyConfig becomes get_cache_policy_config."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def page(response: CloudFrontResponse, entries: Sequence[tuple[str, Any]]) -> Config:
    """The part of the entries (id, what is answered) after the caller's Marker, in CloudFront's form."""
    marker, most = response._get_param("Marker") or "", int(response._get_param("MaxItems") or MOST)
    ids = [identity for identity, _ in entries]
    begin = ids.index(marker) + 1 if marker in ids else 0
    shown = entries[begin : begin + most]
    more = begin + most < len(entries)
    answer: Config = {"MaxItems": most, "Quantity": len(shown), "Items": [entry for _, entry in shown] or None}
    return {**answer, "Marker": marker, "IsTruncated": more, "NextMarker": shown[-1][0] if more else None}


def distribution_handlers(store: Callable[[CloudFrontResponse], Store]) -> dict[str, Handler]:
    def memory(response: CloudFrontResponse) -> Distributions:
        return store(response).distributions

    def whole(response: CloudFrontResponse, distribution: Any) -> ActionResult:
        location = f"{PLACE}/distribution/{distribution.id}"
        answer = distribution.answer(memory(response).clock())
        return ActionResult({"Distribution": answer, "ETag": distribution.etag, "Location": location})

    def create(response: CloudFrontResponse) -> ActionResult:
        return whole(response, memory(response).create(response._get_param("DistributionConfig")))

    def create_with_tags(response: CloudFrontResponse) -> ActionResult:
        given = response._get_param("DistributionConfigWithTags")
        made = memory(response).create(given["DistributionConfig"])
        response.backend.tagger.tag_resource(made.arn, (given.get("Tags") or {}).get("Items") or [])
        return whole(response, made)

    def get(response: CloudFrontResponse) -> ActionResult:
        return whole(response, memory(response).get(response._get_param("Id")))

    def get_config(response: CloudFrontResponse) -> ActionResult:
        found = memory(response).get(response._get_param("Id"))
        return ActionResult({"DistributionConfig": found.config, "ETag": found.etag})

    def update(response: CloudFrontResponse) -> ActionResult:
        param = response._get_param
        return whole(response, memory(response).update(param("Id"), param("DistributionConfig"), param("IfMatch")))

    def delete(response: CloudFrontResponse) -> EmptyResult:
        arn = memory(response).get(response._get_param("Id")).arn
        memory(response).delete(response._get_param("Id"), response._get_param("IfMatch"))
        response.backend.tagger.delete_all_tags_for_resource(arn)
        return EmptyResult()

    def listed(response: CloudFrontResponse) -> ActionResult:
        now = memory(response).clock()
        entries = [(identity, item.summary(now)) for identity, item in memory(response).kept.items()]
        return ActionResult({"DistributionList": page(response, entries)})

    return {
        "create_distribution": create,
        "create_distribution_with_tags": create_with_tags,
        "get_distribution": get,
        "get_distribution_config": get_config,
        "update_distribution": update,
        "delete_distribution": delete,
        "list_distributions": listed,
    }


def invalidation_handlers(store: Callable[[CloudFrontResponse], Store]) -> dict[str, Handler]:
    def create(response: CloudFrontResponse) -> ActionResult:
        distributions, identity = store(response).distributions, response._get_param("DistributionId")
        batch = response._get_param("InvalidationBatch")
        paths = batch["Paths"].get("Items") or []
        made = distributions.invalidate(identity, batch["CallerReference"], paths)
        location = f"{PLACE}/distribution/{identity}/invalidation/{made.id}"
        return ActionResult({"Invalidation": made.answer(distributions.clock()), "Location": location})

    def get(response: CloudFrontResponse) -> ActionResult:
        distributions = store(response).distributions
        found = distributions.invalidation(response._get_param("DistributionId"), response._get_param("Id"))
        return ActionResult({"Invalidation": found.answer(distributions.clock())})

    def listed(response: CloudFrontResponse) -> ActionResult:
        distributions = store(response).distributions
        newest = reversed(distributions.get(response._get_param("DistributionId")).invalidations)
        entries = [(item.id, item.answer(distributions.clock())) for item in newest]
        return ActionResult({"InvalidationList": page(response, entries)})

    return {"create_invalidation": create, "get_invalidation": get, "list_invalidations": listed}


def function_handlers(store: Callable[[CloudFrontResponse], Store]) -> dict[str, Handler]:
    def memory(response: CloudFrontResponse) -> Functions:
        return store(response).functions

    def whole(response: CloudFrontResponse, function: Function, stage: str | None = None) -> ActionResult:
        summary, etag = memory(response).summary(function, stage), function.stage(stage).etag
        return ActionResult({"FunctionSummary": summary, "ETag": etag, "Location": f"{PLACE}/function/{function.name}"})

    def given(response: CloudFrontResponse) -> dict[str, Any]:
        code = response._get_param("FunctionCode")
        whole_code = code.encode() if isinstance(code, str) else code
        return {"config": response._get_param("FunctionConfig"), "code": whole_code}

    def create(response: CloudFrontResponse) -> ActionResult:
        made = memory(response).create(response._get_param("Name"), **given(response))
        tagged = (response._get_param("Tags") or {}).get("Items") or []
        response.backend.tagger.tag_resource(made.arn, tagged)
        return whole(response, made)

    def update(response: CloudFrontResponse) -> ActionResult:
        param = response._get_param
        return whole(response, memory(response).update(param("Name"), **given(response), if_match=param("IfMatch")))

    def publish(response: CloudFrontResponse) -> ActionResult:
        done = memory(response).publish(response._get_param("Name"), response._get_param("IfMatch"))
        return whole(response, done, LIVE)

    def describe(response: CloudFrontResponse) -> ActionResult:
        return whole(response, memory(response).get(response._get_param("Name")), response._get_param("Stage"))

    def get(response: CloudFrontResponse) -> ActionResult:
        version = memory(response).get(response._get_param("Name")).stage(response._get_param("Stage"))
        return ActionResult(
            {"FunctionCode": version.code, "ETag": version.etag, "ContentType": "application/octet-stream"}
        )

    def delete(response: CloudFrontResponse) -> EmptyResult:
        name = response._get_param("Name")
        arn = memory(response).get(name).arn
        memory(response).delete(name, response._get_param("IfMatch"))
        response.backend.tagger.delete_all_tags_for_resource(arn)
        return EmptyResult()

    def listed(response: CloudFrontResponse) -> ActionResult:
        """Those of a stage, or all in each stage they are in."""
        wanted = response._get_param("Stage")
        entries = [
            (f"{function.name} {stage}", memory(response).summary(function, stage))
            for function in memory(response).kept.values()
            for stage in (DEVELOPMENT, LIVE)
            if stage in function.stages and wanted in (None, stage)
        ]
        return ActionResult({"FunctionList": page(response, entries)})

    return {
        "create_function": create,
        "update_function": update,
        "publish_function": publish,
        "describe_function": describe,
        "get_function": get,
        "delete_function": delete,
        "list_functions": listed,
    }


def policy_handlers(store: Callable[[CloudFrontResponse], Store], sort: Sort) -> dict[str, Handler]:
    def memory(response: CloudFrontResponse) -> Policies:
        return store(response).policies[sort.name]

    def whole(policy: Any) -> ActionResult:
        location = f"{PLACE}/{PATHS[sort.name]}/{policy.id}"
        return ActionResult({sort.name: policy.answer(sort), "ETag": policy.etag, "Location": location})

    def create(response: CloudFrontResponse) -> ActionResult:
        return whole(memory(response).create(response._get_param(f"{sort.name}Config")))

    def get(response: CloudFrontResponse) -> ActionResult:
        return whole(memory(response).get(response._get_param("Id")))

    def get_config(response: CloudFrontResponse) -> ActionResult:
        policy = memory(response).get(response._get_param("Id"))
        return ActionResult({f"{sort.name}Config": policy.config, "ETag": policy.etag})

    def update(response: CloudFrontResponse) -> ActionResult:
        param = response._get_param
        return whole(memory(response).update(param("Id"), param(f"{sort.name}Config"), param("IfMatch")))

    def delete(response: CloudFrontResponse) -> EmptyResult:
        memory(response).delete(response._get_param("Id"), response._get_param("IfMatch"))
        return EmptyResult()

    def listed(response: CloudFrontResponse) -> ActionResult:
        entries = [
            (policy.id, {"Type": "managed" if policy.managed else "custom", sort.name: policy.answer(sort)})
            for policy in memory(response).list(response._get_param("Type"))
        ]
        return ActionResult({f"{sort.name}List": page(response, entries)})

    return {
        snake(f"Create{sort.name}"): create,
        snake(f"Get{sort.name}"): get,
        snake(f"Get{sort.name}Config"): get_config,
        snake(f"Update{sort.name}"): update,
        snake(f"Delete{sort.name}"): delete,
        snake(f"List{sort.plural}"): listed,
    }


def tags(response: CloudFrontResponse) -> ActionResult:
    """A distribution or function that is not there has no tags: an error, where moto has an empty list."""
    arn = response._get_param("Resource")
    backend = response.backend
    for word, there in ((":distribution/", backend.distributions), (":function/", backend.functions)):
        if word in arn and arn.rpartition("/")[2] not in there:
            raise no_such("resource")
    return ActionResult({"Tags": {"Items": response.backend.tagger.list_tags_for_resource(arn)["Tags"]}})
