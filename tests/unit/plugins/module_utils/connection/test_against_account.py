"""The connection secret against an emulated Secrets Manager and ECS, and an Atlas in memory: what dies is completed."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

import ecs_account
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations as op
from ansible_collections.calstack.aws.plugins.module_utils._connection import tasks as running
from ansible_collections.calstack.aws.plugins.module_utils._connection.outputs import answer
from ansible_collections.calstack.aws.plugins.module_utils._connection.role import composed
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import split
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    AwsError,
    CalstackError,
    ForeignError,
    InputError,
    NotReadyError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._secrets import api
from ansible_collections.calstack.aws.plugins.modules import atlas_connection_secret as module
from atlas_users import CLUSTER, Atlas
from emulator import account
from moto.secretsmanager.models import SecretsManagerBackend

from lab.aws import secretsmanager as mends

NAME = "calstack/dev/database"
A, B = "calstack-dev-a", "calstack-dev-b"
ROLE = "arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-ecs-task"
SCOPE = Scope("dev", "atlas", "calstack-dev")
DEFAULTS = {name: option.get("default") for name, option in module.OPTIONS.items()}
GIVEN = {
    "environment_name": "dev",
    "stack_name": "calstack-dev",
    "project_id": None,
    "project_name": "calstack-dev",
    "base_url": "https://cloud.mongodb.com",
    "state": "present",
    "secret_name": NAME,
    "database": "calstack",
}


class Died(BaseException):
    """kill -9, as far as a test can."""


class Module:
    """What of AnsibleAWSModule is used."""

    def __init__(self, params, *, check=False):
        self.params, self.check_mode, self.no_log_values = params, check, set()


class Site:
    """An account and an Atlas; `dies_before` is the number of the writing call that is never made."""

    def __init__(self, aws, atlas):
        self.aws, self.atlas = aws, atlas
        self.dies_before = None
        self.count = 0
        self.hidden = set()
        self.meanwhile = lambda now: None
        atlas.before_write = self._may_die
        aws._session.events.register("before-call.secretsmanager.*", lambda model, **_: self._note(model.name))

    def _note(self, name):
        if not name.startswith(("Get", "Describe", "List")):
            self._may_die(name)

    def _may_die(self, name):
        if self.dies_before is not None and self.count >= self.dies_before:
            raise Died(name)
        self.count += 1

    def run(self, goal="present", *, check=False, dies_before=None, **given):
        self.dies_before, self.count = dies_before, 0
        now = [0.0]

        def sleep(seconds):
            now[0] += seconds
            self.meanwhile(now[0])

        made = Module({**DEFAULTS, **GIVEN, "goal": goal, **given}, check=check)
        try:
            outcome = module.converge(made, self.atlas, self.aws, clock=lambda: now[0], sleep=sleep)
        finally:
            self.dies_before = None
            self.hidden |= made.no_log_values
        return answer(made.params, outcome, check=check) | {"notes": outcome.notes}

    @property
    def manager(self):
        return self.aws("secretsmanager")

    def value(self, stage="AWSCURRENT"):
        return json.loads(self.manager.get_secret_value(SecretId=NAME, VersionStage=stage)["SecretString"])

    def login(self, stage="AWSCURRENT"):
        return split(self.value(stage)["MONGO_URI"]).login

    def labels(self):
        stages = self.manager.describe_secret(SecretId=NAME)["VersionIdsToStages"].values()
        return sorted(label for its in stages for label in its)

    def check(self):
        """The user that AWSCURRENT names gets in."""
        if api.describe(self.manager, NAME):
            login = self.login()
            assert login.user == "me" or self.atlas.password(login.user) == login.password

    def endpoint(self):
        """Our VPC endpoint to Atlas: its id."""
        ec2 = self.aws("ec2")
        (vpc, *_) = ec2.describe_vpcs()["Vpcs"]
        tags = [{"Key": key, "Value": value} for key, value in SCOPE.tags("calstack-dev-atlas").items()]
        made = ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=vpc["VpcId"],
            ServiceName="com.amazonaws.vpce.eu-west-1.vpce-svc-1",
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
        )
        return made["VpcEndpoint"]["VpcEndpointId"]

    def bring(self, **more):
        tags = Scope("dev", "secrets", "calstack-dev").tags(NAME)
        value = {"MONGO_URI": "mongodb://me:mine-4471@old.example.com/", "OTHER": "kept"} | more
        self.manager.create_secret(Name=NAME, SecretString=json.dumps(value), Tags=api.tag_list(tags))


@contextmanager
def mended():
    """moto reads a moved AWSCURRENT where the lab's mend is; other tests count on moto as it comes."""
    with mock.patch.object(
        SecretsManagerBackend, "update_secret_version_stage", SecretsManagerBackend.update_secret_version_stage
    ):
        mends.apply()
        yield


@pytest.fixture
def site():
    with mended(), account() as aws:
        yield Site(aws, Atlas())


def test_from_nothing_and_once_more(site):
    told = site.run()
    assert [(step["action"], step["kind"], step["name"]) for step in told["changes"]] == [
        ("create", "database user", A),
        ("create", "secret", NAME),
    ]
    assert site.login().password == site.atlas.password(A)
    assert (told["connected"], told["user"], told["source_version_id"]) == (True, A, "")
    assert told["host"] == "calstack-dev.ab1cd.mongodb.net"
    described = site.manager.describe_secret(SecretId=NAME)
    assert (told["secret_arn"], told["version_id"]) == (described["ARN"], *described["VersionIdsToStages"])
    assert {"Key": "calstack:component", "Value": "atlas"} in described["Tags"]
    assert site.value()["MONGO_URI"].endswith(
        "@calstack-dev.ab1cd.mongodb.net/?retryWrites=true&w=majority&appName=calstack-dev&maxPoolSize=100"
    )
    again = site.run()
    assert (again["changed"], again["version_id"]) == (False, told["version_id"])


def test_the_user_may_do_what_it_should_and_only_on_the_cluster(site):
    site.run(roles=[{"role_name": "read", "database_name": "data", "collection_name": "events"}])
    user = site.atlas.users["admin", A]
    assert user["roles"] == [{"roleName": "read", "databaseName": "data", "collectionName": "events"}]
    assert user["scopes"] == [{"name": "calstack-dev", "type": "CLUSTER"}]
    password = user["password"]
    assert site.run()["changes"] == [{"action": "update", "kind": "database user", "name": A}]
    assert site.atlas.users["admin", A]["roles"] == [{"roleName": "readWrite", "databaseName": "calstack"}]
    assert site.atlas.password(A) == password


@pytest.mark.parametrize("has_project", [True, False])
def test_a_first_check_writes_nothing_and_says_what_it_would_do(site, has_project):
    site.atlas.cluster, site.atlas.has_project = None, has_project
    told = site.run(check=True)
    assert told["diff"]["prepared"] == (
        "+ database user calstack-dev-a\n    readWrite@calstack on calstack-dev\n"
        "+ secret calstack/dev/database\n    a new version is AWSCURRENT\n"
    )
    assert {told[name] for name in ("secret_arn", "version_id", "host")} == {KNOWN_AFTER_APPLY}
    assert (site.aws.writes, site.atlas.writes) == ([], [])


def test_without_a_cluster_nothing_is_made(site):
    site.atlas.cluster = None
    with pytest.raises(CalstackError, match="no cluster calstack-dev in the project calstack-dev: create it first"):
        site.run()
    site.atlas.cluster = {**CLUSTER, "stateName": "CREATING", "connectionStrings": {}}
    with pytest.raises(CalstackError, match="is CREATING, without a connection string for it: wait"):
        site.run()
    site.atlas.cluster = CLUSTER
    with pytest.raises(CalstackError, match=r"there is no VPC endpoint calstack-dev-atlas to Atlas: run site\.yml"):
        site.run(access="private_endpoint")
    site.atlas.has_project = False
    with pytest.raises(InputError, match="there is no Atlas project calstack-dev"):
        site.run()
    assert (site.aws.writes, site.atlas.writes) == ([], [])


def test_the_way_through_a_private_endpoint_is_waited_for(site):
    ident = site.endpoint()
    with pytest.raises(
        NotReadyError, match=rf"from the VPC endpoint {ident} to .* after 900 s; last seen: IDLE, without"
    ):
        site.run(access="private_endpoint")
    site.meanwhile = lambda now: setattr(site.atlas, "cluster", private(ident) if now > 200 else CLUSTER)
    assert site.run(access="private_endpoint", check=True)["host"] == KNOWN_AFTER_APPLY
    assert site.run(access="private_endpoint")["host"] == "c-pl-0.ab1cd.mongodb.net"
    assert site.run("prepared", access="private_endpoint")["changed"]
    assert split(site.value("AWSPENDING")["MONGO_URI"]).hosts == "c-pl-0.ab1cd.mongodb.net"


def private(ident):
    """The cluster, when Atlas tells of the way by the endpoint."""
    entry = {"srvConnectionString": "mongodb+srv://c-pl-0.ab1cd.mongodb.net", "endpoints": [{"endpointId": ident}]}
    return {**CLUSTER, "connectionStrings": {**CLUSTER["connectionStrings"], "privateEndpoint": [entry]}}


def test_another_way_waits_for_a_rotation_and_the_former_is_closed_last(site):
    site.run()
    planned = site.run(access="private_endpoint", check=True)
    assert (planned["changed"], planned["current_changed"], planned["settled"]) == (True, False, False)
    assert planned["pending_version_id"] == KNOWN_AFTER_APPLY
    site.atlas.cluster = private(site.endpoint())
    told = site.run(access="private_endpoint")
    assert (told["host"], told["connected"], told["settled"]) == ("calstack-dev.ab1cd.mongodb.net", True, False)
    assert "Run playbooks/rotate.yml" in told["notes"][0]
    site.run("prepared", access="private_endpoint")
    told = site.run("current", access="private_endpoint")
    assert told["current_changed"]
    told = site.run("retired", access="private_endpoint")
    assert (told["host"], told["settled"]) == ("c-pl-0.ab1cd.mongodb.net", True)


def test_a_host_that_is_not_atlas_own_gets_no_password(site):
    site.atlas.cluster = {**CLUSTER, "connectionStrings": {"standard": "mongodb://127.0.0.1:27017/?tls=true"}}
    with pytest.raises(CalstackError, match=r"127\.0\.0\.1, which is not one of Atlas's hosts"):
        site.run()
    assert site.run(base_url="http://127.0.0.4:8081")["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"recovery_days": 3}, "atlas_recovery_days is 3"),
        ({"database": ""}, "atlas_database is empty"),
        ({"database": "", "roles": [{"role_name": "r"}], "database_in_uri": True}, "atlas_database_in_uri is true"),
        ({"uri_options": {"nonsense": "1"}}, "PyMongo does not understand .* atlas_uri_options"),
        ({"uri_options": {"appname": "1"}}, "atlas_uri_options names appname"),
        ({"max_pool_size": 1000}, "atlas_max_pool_size of 1000 does not fit"),
    ],
)
def test_what_is_asked_for_wrongly_is_said_before_anything_is_made(site, given, words):
    with pytest.raises(InputError, match=words):
        site.run(**given)
    assert (site.aws.writes, site.atlas.writes) == ([], [])


def test_a_pool_that_does_not_fit_is_said_before_a_cluster_is_there(site):
    site.atlas.cluster = None
    with pytest.raises(InputError, match="atlas_max_pool_size of 1000 does not fit"):
        site.run(check=True, instance_size="M10", tasks_max=4, max_pool_size=1000)


def test_without_pymongo_the_string_cannot_be_checked(site):
    with mock.patch.dict("sys.modules", {"pymongo": None}), pytest.raises(CalstackError, match="pip install pymongo"):
        site.run()


def test_the_options_of_the_string(site):
    site.run(database_in_uri=True, uri_options={"w": "2"}, max_pool_size=9)
    assert site.value()["MONGO_URI"].endswith(
        ".mongodb.net/calstack?retryWrites=true&w=2&appName=calstack-dev&maxPoolSize=9"
    )


def test_the_pool_goes_by_the_size_that_atlas_may_scale_down_to(site):
    scaling = {"compute": {"enabled": True, "scaleDownEnabled": True, "minInstanceSize": "M10"}}
    region = {"electableSpecs": {"instanceSize": "M60", "nodeCount": 3}, "autoScaling": scaling}
    site.atlas.cluster = {**CLUSTER, "replicationSpecs": [{"regionConfigs": [region]}]}
    site.run(tasks_max=20, workers=2)
    # (1500 - 10 that Atlas keeps) x 0.8 = 1192 for 80 clients: 14 each, 2 of which watch.
    assert "maxPoolSize=12" in site.value()["MONGO_URI"]
    site.run(tasks_max=20, workers=2, instance_size="M20")
    assert "maxPoolSize=27" in site.value()["MONGO_URI"]


def test_a_role_instead_of_a_password(site):
    site.run(mode="aws_iam")
    user = site.atlas.users["$external", ROLE]
    assert (user["awsIAMType"], "password" in user) == ("ROLE", False)
    assert site.value()["MONGO_URI"].endswith("&authSource=%24external&authMechanism=MONGODB-AWS")
    assert not site.run(mode="aws_iam")["changed"]
    assert "Run playbooks/rotate.yml" in site.run()["notes"][0]
    site.run("prepared")
    site.run("current")
    # The role's user is known for ours in the other mode too.
    assert site.run("retired")["changes"] == [{"action": "delete", "kind": "database user", "name": ROLE}]
    assert list(site.atlas.users) == [("admin", A)]


def test_a_role_that_is_given_is_the_one(site):
    other = ROLE.replace("role/", "role/other-")
    site.run(mode="aws_iam", role_arn=other)
    assert list(site.atlas.users) == [("$external", other)]


@pytest.mark.parametrize(
    ("caller", "arn"),
    [
        ("arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:role/r"),
        ("arn:aws-us-gov:sts::123456789012:assumed-role/a:b/c", "arn:aws-us-gov:iam::123456789012:role/r"),
    ],
)
def test_the_role_is_in_the_callers_account_and_partition(caller, arn):
    assert composed(caller, "r") == arn


def test_a_migration_is_remembered_by_the_secret(site):
    site.bring()
    site.run()
    wide = [{"role_name": "dbAdminAnyDatabase", "database_name": "admin"}]
    assert site.run(roles=wide, migration="under_way")["migrating"]
    assert not site.run()["changed"]
    assert len(site.atlas.users["admin", A]["roles"]) == 2
    with pytest.raises(CalstackError, match="would leave the data behind"):
        site.run("prepared")
    told = site.run("current", is_moved=True)
    assert (told["current_changed"], told["tasks_behind"]) == (True, 0)
    assert told["source_version_id"]
    told = site.run(migration="finished")
    assert (told["migrating"], told["source_version_id"]) == (False, "")
    assert site.atlas.users["admin", A]["roles"] == [{"roleName": "readWrite", "databaseName": "calstack"}]


@pytest.mark.parametrize("goal", ["present", "retired"])
def test_lists_that_lag_behind_are_waited_for(site, goal):
    site.run()
    if goal == "retired":
        site.run("prepared")
        site.run("current")
    real, late = site.atlas.every, []
    before = real(op.LIST_DATABASE_USERS)

    def lagging(*given, **named):
        return before if late else real(*given, **named)

    site.atlas.every = lagging
    site.atlas.before_write = lambda name: late.append(name)
    site.meanwhile = lambda now: late.clear() if now > 20 else None
    assert site.run(goal, roles=[{"role_name": "read", "database_name": "x"}])["changed"]


def test_a_rotation(site):
    site.run()
    told = site.run("prepared")
    assert told["pending_version_id"] != told["version_id"]
    assert site.login("AWSPENDING").password == site.atlas.password(B)
    site.run("current")
    assert site.labels() == ["AWSCURRENT", "AWSPREVIOUS"]
    assert site.login().user == B
    site.run("retired")
    assert list(site.atlas.users) == [("admin", B)]


@pytest.mark.parametrize("goals", [("present",), ("present", "prepared", "current", "retired"), ("prepared", "undone")])
def test_what_dies_before_any_writing_call_is_completed_by_the_next_run(goals):
    deaths = 0
    for goal in goals:
        for call in range(9):
            with mended(), account() as aws:
                site = Site(aws, Atlas())
                for before in ("present", *goals[: goals.index(goal)]):
                    if goal != "present":
                        site.run(before)
                try:
                    site.run(goal, dies_before=call)
                except Died:
                    deaths += 1
                else:
                    break
                site.check()
                site.run(goal)
                site.check()
                assert not site.run(goal)["changed"]
                site.run()
                assert not site.run()["changed"]
                assert list(site.atlas.users) == [("admin", site.login().user)]
    assert deaths >= 2


def test_a_switch_from_a_brought_mongodb_that_dies_before_any_call():
    for call in range(9):
        with mended(), account() as aws:
            site = Site(aws, Atlas())
            site.bring()
            try:
                site.run(take_over=True, dies_before=call)
            except Died:
                site.check()
                site.run(take_over=True)
            else:
                assert call == 6
            site.check()
            assert site.value()["OTHER"] == "kept"
            assert site.labels() == ["AWSCURRENT", "AWSPREVIOUS", "calstack-migration-source"]
            assert not site.run()["changed"]
            if call == 6:
                return


def test_there_and_back_again(site):
    site.bring()
    told = site.run()
    assert (told["connected"], told["user"], told["host"]) == (False, "", "calstack-dev.ab1cd.mongodb.net")
    assert "atlas_take_over=true" in told["notes"][0]
    assert site.login().user == "me"
    assert site.run("current", is_moved=True)["connected"]
    assert site.run(check=True)["source_version_id"]
    assert not site.run("source")["connected"]
    assert site.login().user == "me"
    tags = {tag["Key"]: tag["Value"] for tag in site.manager.describe_secret(SecretId=NAME)["Tags"]}
    assert tags["calstack:component"] == "secrets"


@pytest.mark.parametrize("days", [0, 7])
def test_absent_and_what_can_be_restored(site, days):
    site.run()
    password = site.atlas.password(A)
    assert len(site.run(state="absent", recovery_days=days)["changes"]) == 2
    assert not site.atlas.users
    assert not site.run(state="absent", recovery_days=days)["changed"]
    planned = site.run(check=True)
    assert planned["changed"]
    told = site.run()
    assert bool(told["notes"]) == bool(days)
    assert (site.atlas.password(A) == password) == bool(days)
    site.check()
    assert not site.run()["changed"]


def test_absent_where_the_project_is_gone_already(site):
    site.run()
    site.atlas.has_project = False
    assert [step["kind"] for step in site.run(state="absent", recovery_days=0)["changes"]] == ["secret"]


@pytest.mark.parametrize(
    "tags", [{}, {"calstack:environment": "prod"}, {"calstack:component": "something"}], ids=["none", "other", "part"]
)
def test_a_secret_of_somebody_else_is_not_touched(site, tags):
    ours = Scope("dev", "atlas", "calstack-dev").tags(NAME)
    site.manager.create_secret(Name=NAME, SecretString="{}", Tags=api.tag_list({**ours, **tags} if tags else {}))
    site.aws.calls.clear()
    with pytest.raises(ForeignError, match=r"secret calstack/dev/database .* belongs to somebody else"):
        site.run()
    assert (site.aws.writes, site.atlas.writes) == ([], [])


def test_a_secret_that_holds_no_json_is_an_error_and_not_a_reason_to_write(site):
    site.run()
    site.manager.put_secret_value(SecretId=NAME, SecretString="mongodb://x")
    with pytest.raises(InputError, match="holds no JSON object"):
        site.run()


def test_a_refusal_of_aws_is_said_in_the_collections_words(site):
    site.run()
    error = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
    refused = site.manager.exceptions.ClientError(error, "DescribeSecret")
    with (
        mock.patch.object(site.manager, "describe_secret", side_effect=refused),
        pytest.raises(AwsError, match=r"reading the secret calstack/dev/database: .*docs/permissions\.md"),
    ):
        site.run()


def test_every_value_is_hidden_as_soon_as_it_is_known(site):
    site.bring()
    site.run()
    for secret in ("mine-4471", "mongodb://me:mine-4471@old.example.com/", site.login("AWSPENDING").password):
        assert secret in site.hidden


def test_a_change_that_does_not_stay_is_an_error(site):
    site.run()
    real = site.atlas.every
    site.atlas.every = lambda *given, **named: [{**user, "roles": []} for user in real(*given, **named)]
    with pytest.raises(CalstackError, match="are not there: update database user calstack-dev-a"):
        site.run()


@pytest.fixture
def mended_ecs():
    with ecs_account.mended():
        yield


ARN = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{NAME}-AbCdEf"


def definition(value_from, labels=None, name="app"):
    container = {"name": name, "image": "x", "secrets": [{"name": "MONGO_URI", "valueFrom": value_from}]}
    return {"containerDefinitions": [container | ({"dockerLabels": labels} if labels else {})]}


@pytest.mark.parametrize(
    ("described", "version"),
    [
        (definition(f"{ARN}:MONGO_URI::", {f"calstack.secret.{NAME}": "v1", "other": "x"}), "v1"),
        (definition(ARN), ""),
        (definition(NAME), ""),
        (definition(f"{ARN}:MONGO_URI::", {f"calstack.secret.{NAME}": "v1"}, name="sidecar"), ""),
        (definition(ARN.replace("database", "app")), None),
        ({"containerDefinitions": [{"name": "app"}]}, None),
    ],
)
def test_which_version_a_revision_names(described, version):
    assert running.version(described, NAME) == version


def run_task(aws, family, version):
    ecs = aws("ecs")
    (subnet, *_) = aws("ec2").describe_subnets()["Subnets"]
    ecs.register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
        **definition(f"{ARN}:MONGO_URI::", {f"calstack.secret.{NAME}": version}),
    )
    made = ecs.run_task(
        cluster="calstack-dev",
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}},
    )
    return made["tasks"][0]["taskArn"]


@pytest.mark.usefixtures("mended_ecs")
def test_a_user_stays_as_long_as_a_task_runs_that_may_use_it(site):
    told = site.run()
    site.aws("ecs").create_cluster(clusterName="calstack-dev")
    task = run_task(site.aws, "calstack-dev-blue", told["version_id"])
    (seen,) = running.read(site.aws("ecs"), "calstack-dev", NAME)
    assert seen.version == told["version_id"]
    assert abs(seen.started - datetime.now(UTC)) < timedelta(minutes=5)
    site.run("prepared")
    told = site.run("current")
    assert "calstack-dev-a stays: one running task" in site.run("retired")["notes"][0]
    run_task(site.aws, "calstack-dev-green", told["version_id"])
    site.aws("ecs").stop_task(cluster="calstack-dev", task=task)
    # It is to stop, and answers its last requests.
    assert "calstack-dev-a stays: one running task" in site.run("retired")["notes"][0]
    ecs_account.catch_up()
    assert site.run("retired")["changes"] == [{"action": "delete", "kind": "database user", "name": A}]


def test_no_tasks_where_there_is_no_cluster(site):
    assert running.read(site.aws("ecs"), "calstack-dev", NAME) == ()
