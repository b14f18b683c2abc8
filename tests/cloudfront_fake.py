"""CloudFront in memory: what moto lacks of it. Requests are held against botocore's own model.

It keeps CloudFront's promises that the collection rests on: versions (ETag), no deletion of what is enabled, not
deployed or still used, no distribution with a certificate that is not issued or a function that is not published.
"""

import copy
import io
import itertools

from botocore.exceptions import ClientError
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

MODEL = ServiceModel(create_loader().load_service_model("cloudfront", "service-2"), "cloudfront")
POLICIES = {"cache_policy": "CachePolicy", "response_headers_policy": "ResponseHeadersPolicy"}
MANY = {"list_cache_policies": "CachePolicy", "list_response_headers_policies": "ResponseHeadersPolicy"}


def refuse(operation, code, words="no"):
    raise ClientError({"Error": {"Code": code, "Message": words}}, operation)


class CloudFront:
    """`issued(arn)` says whether a certificate may be shown. A change takes `looks` looks to be deployed."""

    def __init__(self, issued=lambda _arn: True, note=lambda _operation: None, looks=2):
        self.issued, self.note, self.looks = issued, note, looks
        self.distributions, self.policies, self.tags = {}, {"CachePolicy": {}, "ResponseHeadersPolicy": {}}, {}
        self.invalidations, self.functions = {}, {}
        self._number = itertools.count(1)

    def __getattr__(self, name):
        operation = next((item for item in MODEL.operation_names if snake(item) == name), None)
        if operation is None:
            raise AttributeError(name)

        def call(**given):
            shape = MODEL.operation_model(operation).input_shape
            report = ParamValidator().validate(given, shape)
            assert not report.has_errors(), report.generate_report()
            self.note(operation)
            return copy.deepcopy(self._answer(name, operation, copy.deepcopy(given)))

        return call

    def get_paginator(self, name):
        outer = self

        class Pages:
            def paginate(self, **given):
                return [getattr(outer, name)(**given)]

        return Pages()

    def _answer(self, name, operation, given):
        if name in MANY:
            word = MANY[name]
            items = [{"Type": "custom", word: self._policy(word, one)} for one in self.policies[word].values()]
            return {f"{word}List": {"MaxItems": 100, "Quantity": len(items), **({"Items": items} if items else {})}}
        verb, _, thing = name.partition("_")
        if thing in POLICIES:
            return self._policy_call(verb, POLICIES[thing], operation, given)
        return getattr(self, f"do_{name}")(operation, given)

    def _policy(self, word, one):
        return {"Id": one["id"], f"{word}Config": one["config"]}

    def _policy_call(self, verb, word, operation, given):
        there = self.policies[word]
        if verb == "create":
            config = given[f"{word}Config"]
            if any(one["config"]["Name"] == config["Name"] for one in there.values()):
                refuse(operation, f"{word}AlreadyExists")
            one = {"id": f"policy-{next(self._number)}", "config": config, "etag": f"E{next(self._number)}"}
            there[one["id"]] = one
            return {word: self._policy(word, one), "ETag": one["etag"]}
        if given["Id"] not in there:
            refuse(operation, f"NoSuch{word}")
        one = there[given["Id"]]
        if verb == "get":
            return {word: self._policy(word, one), "ETag": one["etag"]}
        self._version(operation, given, one)
        if verb == "delete":
            if any(one["id"] in str(item["config"]) for item in self.distributions.values()):
                refuse(operation, f"{word}InUse")
            del there[one["id"]]
            return {}
        one |= {"config": given[f"{word}Config"], "etag": f"E{next(self._number)}"}
        return {word: self._policy(word, one), "ETag": one["etag"]}

    def _version(self, operation, given, one):
        if given.get("IfMatch") != one["etag"]:
            refuse(operation, "PreconditionFailed", "The If-Match version is missing or not valid")

    def _find(self, operation, given):
        if given["Id"] not in self.distributions:
            refuse(operation, "NoSuchDistribution")
        return self.distributions[given["Id"]]

    def _shown(self, one):
        config = one["config"]
        return {
            "Id": one["id"],
            "ARN": one["arn"],
            "DomainName": one["domain"],
            "Status": "InProgress" if one["left"] else "Deployed",
            "Comment": config["Comment"],
            "Aliases": config["Aliases"],
            "DistributionConfig": config,
        }

    def _check(self, operation, config, but=""):
        if not self.issued(config["ViewerCertificate"]["ACMCertificateArn"]):
            refuse(operation, "InvalidViewerCertificate")
        names = set(config["Aliases"].get("Items", ()))
        for one in self.distributions.values():
            if one["id"] != but and names & set(one["config"]["Aliases"].get("Items", ())):
                refuse(operation, "CNAMEAlreadyExists")
        for behaviour in [config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", [])]:
            if behaviour["TargetOriginId"] not in [origin["Id"] for origin in config["Origins"]["Items"]]:
                refuse(operation, "NoSuchOrigin")
            for one in behaviour["FunctionAssociations"].get("Items", []):
                name = one["FunctionARN"].rpartition("/")[2]
                if one["FunctionARN"] == arn_of(name) and not self.functions.get(name, {}).get("LIVE"):
                    refuse(operation, "InvalidFunctionAssociation")

    def do_create_distribution_with_tags(self, operation, given):
        config = given["DistributionConfigWithTags"]["DistributionConfig"]
        self._check(operation, config)
        number = next(self._number)
        one = {
            "id": f"EDIST{number}",
            "arn": f"arn:aws:cloudfront::123456789012:distribution/EDIST{number}",
            "domain": f"d{number}.cloudfront.net",
            "config": config,
            "etag": f"E{number}",
            "left": self.looks,
        }
        self.distributions[one["id"]] = one
        tags = given["DistributionConfigWithTags"]["Tags"]["Items"]
        self.tags[one["arn"]] = {tag["Key"]: tag["Value"] for tag in tags}
        return {"Distribution": self._shown(one), "ETag": one["etag"]}

    def do_list_distributions(self, _operation, _given):
        items = [self._shown(one) for one in self.distributions.values()]
        return {"DistributionList": {"Quantity": len(items), **({"Items": items} if items else {})}}

    def do_get_distribution(self, operation, given):
        one = self._find(operation, given)
        shown = self._shown(one)
        one["left"] = max(one["left"] - 1, 0)
        return {"Distribution": shown, "ETag": one["etag"]}

    def do_get_distribution_config(self, operation, given):
        one = self._find(operation, given)
        return {"DistributionConfig": one["config"], "ETag": one["etag"]}

    def do_update_distribution(self, operation, given):
        one = self._find(operation, given)
        self._version(operation, given, one)
        self._check(operation, given["DistributionConfig"], but=one["id"])
        assert given["DistributionConfig"]["CallerReference"] == one["config"]["CallerReference"]
        one |= {"config": given["DistributionConfig"], "etag": f"E{next(self._number)}", "left": self.looks}
        return {"Distribution": self._shown(one), "ETag": one["etag"]}

    def do_delete_distribution(self, operation, given):
        one = self._find(operation, given)
        self._version(operation, given, one)
        if one["config"]["Enabled"] or one["left"]:
            refuse(operation, "DistributionNotDisabled")
        del self.distributions[one["id"]]
        return {}

    def do_create_invalidation(self, operation, given):
        self._find(operation, {"Id": given["DistributionId"]})
        batch = given["InvalidationBatch"]
        for known in self.invalidations.values():
            if known["InvalidationBatch"]["CallerReference"] == batch["CallerReference"]:
                if known["InvalidationBatch"]["Paths"] != batch["Paths"]:
                    refuse(operation, "InvalidationBatchAlreadyExists")
                return {"Invalidation": known}
        made = {"Id": f"I{next(self._number)}", "Status": "InProgress", "InvalidationBatch": batch}
        self.invalidations[made["Id"]] = made
        return {"Invalidation": made}

    def do_list_invalidations(self, _operation, _given):
        items = [{"Id": key, "Status": one["Status"]} for key, one in reversed(self.invalidations.items())]
        return {"InvalidationList": {"Quantity": len(items), **({"Items": items} if items else {})}}

    def do_get_invalidation(self, _operation, given):
        known = self.invalidations[given["Id"]]
        shown, known["Status"] = dict(known), "Completed"
        return {"Invalidation": shown}

    def _function(self, operation, given, stage):
        version = self.functions.get(given["Name"], {}).get(stage)
        if not version:
            refuse(operation, "NoSuchFunctionExists")
        return version

    def _summary(self, name, version):
        metadata = {"FunctionARN": arn_of(name)}
        return {"Name": name, "FunctionConfig": version["config"], "FunctionMetadata": metadata}

    def _write(self, given):
        version = {"config": given["FunctionConfig"], "code": given["FunctionCode"], "etag": f"E{next(self._number)}"}
        self.functions.setdefault(given["Name"], {})["DEVELOPMENT"] = version
        return {"FunctionSummary": self._summary(given["Name"], version)}

    def do_create_function(self, operation, given):
        if given["Name"] in self.functions:
            refuse(operation, "FunctionAlreadyExists")
        self.tags[arn_of(given["Name"])] = {tag["Key"]: tag["Value"] for tag in given["Tags"]["Items"]}
        return self._write(given)

    def do_update_function(self, operation, given):
        self._version(operation, given, self._function(operation, given, "DEVELOPMENT"))
        return self._write(given)

    def do_publish_function(self, operation, given):
        version = self._function(operation, given, "DEVELOPMENT")
        self._version(operation, given, version)
        self.functions[given["Name"]]["LIVE"] = {**version, "etag": f"E{next(self._number)}"}
        return {"FunctionSummary": self._summary(given["Name"], version)}

    def do_describe_function(self, operation, given):
        version = self._function(operation, given, given.get("Stage", "DEVELOPMENT"))
        return {"FunctionSummary": self._summary(given["Name"], version), "ETag": version["etag"]}

    def do_get_function(self, operation, given):
        return {"FunctionCode": io.BytesIO(self._function(operation, given, given.get("Stage", "DEVELOPMENT"))["code"])}

    def do_delete_function(self, operation, given):
        """A distribution that others are still told of lets go only when it is deployed."""
        self._version(operation, given, self._function(operation, given, "DEVELOPMENT"))
        for one in self.distributions.values():
            if arn_of(given["Name"]) in str(one["config"]) or one["left"]:
                one["left"] = max(one["left"] - 1, 0)
                refuse(operation, "FunctionInUse")
        del self.functions[given["Name"]]
        return {}

    def do_list_tags_for_resource(self, _operation, given):
        return {
            "Tags": {"Items": [{"Key": key, "Value": value} for key, value in self.tags[given["Resource"]].items()]}
        }

    def do_tag_resource(self, _operation, given):
        self.tags[given["Resource"]] |= {tag["Key"]: tag["Value"] for tag in given["Tags"]["Items"]}
        return {}


def arn_of(function):
    return f"arn:aws:cloudfront::123456789012:function/{function}"


def snake(operation):
    """CreateDistributionWithTags to create_distribution_with_tags."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in operation).lstrip("_")
