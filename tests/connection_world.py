"""A connection secret, its users and the tasks that use it, in memory: what the steps of a rotation do to them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ansible_collections.calstack.aws.plugins.module_utils._connection.rotation import decide, take_down
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    CURRENT,
    KEY,
    SECRETS,
    Fresh,
    Grants,
    Secret,
    State,
    Task,
    Version,
    Wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import DeleteUser, PutUser, after
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import Login, compose, endpoints

A, B = "calstack-dev-a", "calstack-dev-b"
ROLE = "arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-ecs-task"
ADDRESS = "mongodb+srv://calstack-dev.ab1cd.mongodb.net"
BROUGHT = "mongodb://me:mine@old.example.com/"
PLACES = frozenset({"calstack-dev.ab1cd.mongodb.net", "calstack-dev.ab1cd.mongodb.net:1"})
OTHER = {
    "address": "mongodb+srv://other.ab1cd.mongodb.net",
    "places": frozenset({"other.ab1cd.mongodb.net"}),
    "grants": Grants(frozenset({"readWrite@calstack"}), frozenset({"other"})),
}
"""What another cluster asks for."""

GRANTS = Grants(frozenset({"readWrite@calstack"}), frozenset({"calstack-dev"}))


@dataclass(frozen=True)
class Runner:
    """A running task: what its revision names, when it started, and with whom it logs in."""

    revision: str
    started: datetime
    login: Login | None
    place: frozenset[str] = frozenset()


@dataclass
class World:
    """Each action is an hour after the one before. `revision` is what the newest revision names."""

    state: State = field(default_factory=lambda: State(None, {}))
    passwords: dict[str, str] = field(default_factory=dict)
    tasks: list[Runner] = field(default_factory=list)
    revision: str = ""
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    runs: int = 0

    def wanted(self, **given):
        self.runs += 1
        fresh = Fresh(f"password{self.runs}", f"version{self.runs}", self.now)
        there = {"address": ADDRESS, "options": {"appName": "calstack-dev"}, "role": ROLE, "places": PLACES}
        there |= {"grants": GRANTS}
        return Wanted(
            stack="calstack-dev", secret="calstack/dev/database", users=(A, B), fresh=fresh, **{**there, **given}
        )

    def seen(self):
        return replace(self.state, tasks=tuple(Task(task.revision, task.started) for task in self.tasks))

    def plan(self, goal, **given):
        self.now += timedelta(hours=1)
        wanted = self.wanted(**given)
        return take_down(self.seen(), wanted, 30) if goal == "absent" else decide(self.seen(), wanted, goal)

    def run(self, goal="present", *, dies_after=None, **given):
        """The names of the steps; a run dies after so many of them, having looked at the world after each."""
        plan = self.plan(goal, **given)
        for step in plan.steps[:dies_after]:
            self.carry_out(step)
            self.check(absent=goal == "absent")
        return [type(step).__name__ for step in plan.steps]

    def carry_out(self, step):
        if isinstance(step, PutUser):
            assert step.exists == (step.name in self.state.users)
            assert step.password or step.exists or step.name == ROLE
            if step.password:
                self.passwords[step.name] = step.password
        if isinstance(step, DeleteUser):
            self.passwords.pop(step.name, None)
        self.state = replace(after(self.state, step), tasks=())
        if self.state.secret and not self.state.secret.arn:
            self.state = replace(self.state, secret=replace(self.state.secret, arn="arn:made"))

    @property
    def secret(self):
        return self.state.secret

    def login(self, label=CURRENT):
        version = self.secret.version(label)
        return version.login if version else None

    def may_use(self, task):
        """Whether the task's user may use the cluster that the task is connected to."""
        there = self.state.users.get(ROLE if task.login.is_role else task.login.user)
        names = {host.split(".")[0].removesuffix("-pl-0") for host in task.place}
        return there is None or not there.clusters or names <= there.clusters

    def works(self, login):
        """Whether Atlas lets it in. What is not Atlas's is somebody else's business."""
        if login is None or login.user == "me":
            return True
        return ROLE in self.state.users if login.is_role else self.passwords.get(login.user) == login.password

    def check(self, *, absent=False):
        if absent:
            return
        assert all(self.works(task.login) for task in self.tasks), "a running task's user is gone"
        assert all(self.may_use(task) for task in self.tasks), "a running task's user may not use its cluster"
        if self.secret and self.secret.version(CURRENT):
            assert self.works(self.login()), "AWSCURRENT's user does not get in"
        for label in self.secret.labelled if self.secret else ():
            login = self.login(label)
            if login and login.user in self.state.users:
                assert self.works(login), f"{label} has another password than its user"

    def bring(self):
        """Somebody's own MongoDB, as the component `secrets` keeps it."""
        version = Version("brought", self.now, {KEY: BROUGHT, "OTHER": "kept"})
        self.state = replace(self.state, secret=Secret("arn:brought", SECRETS, {CURRENT: version}, self.now))

    def release(self, tasks=2):
        """A site run makes the revision, the release replaces all tasks."""
        self.now += timedelta(hours=1)
        self.revision = self.secret.id_of(CURRENT)
        self.tasks = [self._started() for _ in range(tasks)]

    def half_release(self):
        self.now += timedelta(hours=1)
        self.revision = self.secret.id_of(CURRENT)
        self.tasks = [*self.tasks[:1], self._started()]

    def restart(self):
        """A task of the newest revision there is dies, and ECS starts another, which reads what is current."""
        self.now += timedelta(hours=1)
        self.tasks = [*self.tasks[1:], self._started()]

    def roll_back(self):
        """The release before, whose revision is older than the secret."""
        self.now += timedelta(hours=1)
        self.revision = "an older version"
        self.tasks = [self._started() for _ in self.tasks]

    def _started(self):
        return Runner(self.revision, self.now, self.login(), endpoints(self.secret.version(CURRENT).address))


def uri(user, password="p"):
    return compose(ADDRESS, Login(user, password), {"appName": "calstack-dev"})
