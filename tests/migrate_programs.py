"""Stand-ins for mongodump, mongorestore and mongosync, with the command line, the output and the API they document.

Each writes down how it was called into the directory `seen` next to it: NAME.json, overwritten by a later call, and
NAME.pid. What it does wrong is in `plan.json` there.
"""

import json
import sys
import time
from pathlib import Path

from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import Job

PASSWORD = "p/ss:w@rd%"
ENCODED = "p%2Fss%3Aw%40rd%25"
SOURCE = f"mongodb://old:{ENCODED}@old.example:27017/app?tls=true"
TARGET = f"mongodb+srv://new:{ENCODED}@new.example/app?retryWrites=true&w=majority"

_COMMON = """
import json, os, signal, stat, sys, time
HERE = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "seen")
NAME = os.path.basename(sys.argv[0])
os.makedirs(HERE, exist_ok=True)
def read(path, default):
    try:
        return json.load(open(path))
    except FileNotFoundError:
        return default
PLAN = read(os.path.join(HERE, "plan.json"), {}).get(NAME, {})
if "--version" in sys.argv:
    print(PLAN.get("version", NAME + " version: 100.12.0\\ngit version: none"))
    sys.exit(PLAN.get("version_code", 0))
argv = " ".join(sys.argv[1:]).replace("--config ", "--config=").split()
path = next(word.partition("=")[2] for word in argv if word.startswith("--config="))
config = dict(line.split(": ", 1) for line in open(path).read().splitlines())
config = {key: json.loads(value) for key, value in config.items()}
about = os.stat(path)
json.dump({"argv": sys.argv[1:], "config": config, "mode": stat.S_IMODE(about.st_mode), "links": about.st_nlink,
    "environment": dict(os.environ), "cwd": os.getcwd(), "cmdline": open("/proc/self/cmdline").read()},
    open(os.path.join(HERE, NAME + ".json"), "w"))
open(os.path.join(HERE, NAME + ".pid"), "w").write(str(os.getpid()))
def say(text):
    print("2026-11-22T10:00:00.000+0000\\t" + text, file=sys.stderr, flush=True)
def option(name):
    return next((word.partition("=")[2] for word in argv if word.startswith(name + "=")), None)
def fail():
    say("connected with " + next(iter(config.values())))
    say(PLAN["fail"])
    sys.exit(PLAN.get("code", 1))
"""

_DUMP = """
database = option("--db")
collections = read(os.path.join(HERE, "source.json"), {}).get(database, {})
if "fail" in PLAN and PLAN.get("when") != "late":
    fail()
print(database, flush=True)
for name, documents in collections.items():
    say(f"writing {database}.{name} to archive on stdout")
    half = len(documents) // 2
    for number, document in enumerate(documents):
        if number == half:
            say(f"[####....]  {database}.{name}  {half}/{len(documents)}  (50.0%)")
        print(json.dumps([name, document]), flush=True)
    if "fail" in PLAN:
        fail()
    time.sleep(PLAN.get("sleep", 0))
    say(f"done dumping {database}.{name} ({len(documents)} documents)")
"""

_RESTORE = """
if "fail" in PLAN:
    fail()
database, *lines = sys.stdin.read().splitlines() or [""]
if not database:
    say("Failed: stream or file does not appear to be a mongodump archive")
    sys.exit(1)
target = os.path.join(HERE, "target.json")
there = read(target, {})
pattern = option("--nsInclude")
new = {}
for line in lines:
    name, document = json.loads(line)
    new.setdefault(name, []).append(document)
done = there.setdefault(database, {})
failed = PLAN.get("failures", 0)
total = 0
for name, documents in new.items():
    if "--drop" in argv:
        done.pop(name, None)
    assert pattern == database + ".*"
    say(f"restoring {database}.{name} from archive on stdin")
    done[name] = done.get(name, []) + documents
    total += len(documents)
    say(f"finished restoring {database}.{name} ({len(documents) - failed} documents, {failed} failures)")
json.dump(there, open(target, "w"))
say(f"{total - failed} document(s) restored successfully. {failed} document(s) failed to restore.")
"""

_SYNC = """
from http.server import BaseHTTPRequestHandler, HTTPServer
kept_path = os.path.join(HERE, "destination.json")
kept = read(kept_path, {"state": "IDLE", "copied": 0})
asked = os.path.join(HERE, "asked.jsonl")
silent = PLAN.get("silent", 0)
def keep():
    json.dump(kept, open(kept_path + ".new", "w"))
    os.replace(kept_path + ".new", kept_path)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global silent
        if silent:
            silent -= 1
            return self.answer({"success": False, "error": "NotReady", "errorDescription": "initialising"})
        if kept["state"] == "RUNNING":
            kept["copied"] = min(kept["copied"] + 400, 1000)
        if kept["state"] == "COMMITTING":
            kept["left"] -= 1
            if not kept["left"]:
                kept["state"] = "COMMITTED"
        keep()
        if "die_at" in PLAN and kept["copied"] >= PLAN["die_at"]:
            print('{"level":"fatal","message":"lost ' + config["cluster1"] + '"}', flush=True)
            os._exit(PLAN.get("code", 1))
        if "broken" in PLAN:
            return self.answer(PLAN["broken"])
        done = kept["copied"] >= 1000
        lags = PLAN.get("lags", [3])
        kept["looks"] = kept.get("looks", -1) + done
        lag = lags[min(max(kept["looks"], 0), len(lags) - 1)]
        self.answer({"success": True, "progress": {"state": kept["state"], "canCommit": done,
            "canWrite": kept["state"] == "COMMITTED", "lagTimeSeconds": lag if done else None,
            "info": "change event application" if done else "collection copy", "totalEventsApplied": 7,
            "collectionCopy": {"estimatedTotalBytes": 1000, "estimatedCopiedBytes": kept["copied"]}}})
    def do_POST(self):
        name = self.path.rpartition("/")[2]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        open(asked, "a").write(json.dumps([name, body]) + "\\n")
        if name in PLAN.get("moved", []):
            kept["state"] = "RUNNING"
            keep()
            return self.answer({"success": False, "error": "InvalidStateTransition"}, 400)
        if PLAN.get("refuse", {}).get(name, "") is None:
            return self.answer({"success": False}, 400)
        if name in PLAN.get("refuse", {}):
            return self.answer({"success": False, "error": "Refused", "errorDescription": PLAN["refuse"][name]}, 400)
        allowed = {"start": "IDLE", "resume": "PAUSED", "commit": "RUNNING"}[name]
        if kept["state"] != allowed:
            return self.answer({"success": False, "error": "InvalidStateTransition"}, 400)
        kept["state"] = {"start": "RUNNING", "resume": "RUNNING", "commit": "COMMITTING"}[name]
        kept["left"] = 2
        keep()
        self.answer({"success": True})
    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *arguments):
        pass
os.makedirs("metrics", exist_ok=True)
HTTPServer(("127.0.0.1", config["port"]), Handler).serve_forever()
"""

BODIES = {"mongodump": _DUMP, "mongorestore": _RESTORE, "mongosync": _SYNC}


class Programs:
    """Executable stand-ins in `place`, and what they have seen."""

    def __init__(self, place, names=("mongodump", "mongorestore")):
        self.place = Path(place)
        self.place.mkdir(exist_ok=True)
        (self.place / "seen").mkdir(exist_ok=True)
        for name in names:
            program = self[name]
            program.write_text(f"#!{sys.executable} -IS\n{_COMMON}{BODIES[name]}")
            program.chmod(0o755)

    def __getitem__(self, name):
        return self.place / name

    def seen(self, name):
        """How `name` was called, or another file that it keeps; None before."""
        path = self.place / "seen" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def give(self, name, content):
        (self.place / "seen" / f"{name}.json").write_text(json.dumps(content))

    def plan(self, **plans):
        self.give("plan", plans)

    def asked(self):
        """What was posted to mongosync: (name, body)."""
        path = self.place / "seen" / "asked.jsonl"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []

    def pid(self, name, within=10.0):
        """The process id of the running `name`, once it has written it."""
        path, end = self.place / "seen" / f"{name}.pid", time.monotonic() + within
        while not (path.exists() and path.read_text()):
            assert time.monotonic() < end, f"{name} did not start"
            time.sleep(0.02)
        return int(path.read_text())


class Told:
    """A teller that remembers."""

    def __init__(self):
        self.lines, self.states = [], []

    def line(self, text):
        self.lines.append(text)

    def status(self, text):
        self.states.append(text)


def gone(pid, within=10.0):
    """Whether the process ends in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def job(workdir, databases=("app",)):
    workdir.mkdir(exist_ok=True)
    return Job(SOURCE, TARGET, tuple(databases), workdir)
