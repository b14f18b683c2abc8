"""The script that the task runs, as a process of its own."""

import json
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.script import SCRIPT, command
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.verdict import told
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = "s3cr/t p@ss"
NOWHERE = "127.0.0.1:9"  # the port of discard, where nothing listens


def run(uri, database="calstack", **environment):
    """What the script says, and all that it printed."""
    _python, *rest = command("MONGO_URI", database, seconds=0.2)
    made = {"MONGO_URI": uri, "PATH": os.environ["PATH"], **environment}
    done = subprocess.run([sys.executable, *rest], env=made, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return told(done.stdout.splitlines()), done.stdout + done.stderr


def test_nobody_there():
    said, output = run(f"mongodb://calstack-a:{quote(PASSWORD, safe='')}@{NOWHERE}/")
    assert (said["ok"], said["error"]) == (False, "ServerSelectionTimeoutError")
    assert "refused" in said["words"]
    assert "Topology" not in said["words"]
    assert not [shape for shape in (PASSWORD, quote(PASSWORD, safe=""), "calstack-a") if shape in output]


@pytest.mark.parametrize("uri", [f"mongodb://a:{PASSWORD}@{NOWHERE}", "mongodb://a:b:c@d:x", "postgres://a:b@c/d"])
def test_no_connection_string_is_not_quoted(uri):
    said, output = run(uri)
    assert said["error"] in ("InvalidURI", "ValueError")
    assert "kept back" in said["words"]
    assert not [word for word in ("s3cr", "b:c", "postgres") if word in output]


def test_without_pymongo(tmp_path):
    (tmp_path / "pymongo.py").write_text("raise ModuleNotFoundError(\"No module named 'pymongo'\")")
    said, _ = run(f"mongodb://{NOWHERE}", PYTHONPATH=str(tmp_path))
    assert said["error"] == "ModuleNotFoundError"


FAKE = """
import os
class errors: pass
class InvalidURI(Exception): pass
class MongoClient:
    address = ("db", 27017)
    def __init__(self, uri, **_): pass
    def __getitem__(self, name): return self
    def command(self, name):
        self.asked = getattr(self, "asked", 0) + 1
        if self.asked <= int(os.environ.get("REFUSALS", "0")):
            error = Exception("bad auth")
            error.code = 18
            raise error
        return {"authInfo": {"authenticatedUsers": eval(os.environ["USERS"])}}
    def server_info(self): return {"version": "8.0.1"}
    def list_collection_names(self, **given):
        if "WORDS" in os.environ: raise RuntimeError(os.environ["WORDS"])
"""


@pytest.fixture
def fake(tmp_path):
    """A PyMongo that finds somebody."""
    (tmp_path / "pymongo").mkdir()
    (tmp_path / "pymongo/__init__.py").write_text(FAKE)
    (tmp_path / "pymongo/errors.py").write_text("class InvalidURI(Exception): pass")
    return {"PYTHONPATH": str(tmp_path), "USERS": "[{'user': 'calstack-a'}]"}


def test_a_server_that_lets_everybody_in_proves_nothing(fake):
    said, _ = run("mongodb://db", **(fake | {"USERS": "[]"}))
    assert "nobody is authenticated" in said["words"]


def test_the_users_rights_in_the_database_are_used(fake):
    assert run("mongodb://a:bcdefghi@db", **fake, WORDS="not authorized on calstack")[0]["error"] == "RuntimeError"


def test_one_that_answers(fake):
    _python, *rest = command("MONGO_URI", "", seconds=0.2)
    done = subprocess.run([sys.executable, *rest], env=fake | {"MONGO_URI": "mongodb://a:b@db"}, capture_output=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("ms") >= 0
    assert said == {"calstack_check": 1, "ok": True, "host": "db:27017", "version": "8.0.1"}


@pytest.mark.parametrize(("patience", "code"), [(30, 0), (0, 1)])
def test_a_new_password_that_has_not_reached_all_servers_is_tried_again(fake, patience, code):
    _python, *rest = command("MONGO_URI", "", seconds=0.2, patience=patience)
    made = fake | {"MONGO_URI": "mongodb://a:b@db", "REFUSALS": "1"}
    done = subprocess.run([sys.executable, *rest], env=made, capture_output=True)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["ok"] is (code == 0)


def masked(uri, text):
    """The script's own function, without the rest of it."""
    start = SCRIPT.index("def masked")
    names = {"uri": uri}
    exec("from urllib.parse import quote_plus, unquote_plus\n" + SCRIPT[start : SCRIPT.index("def tell")], names)
    return names["masked"](text)


@given(st.text(min_size=8), st.text(min_size=8))
def test_no_shape_of_user_or_password_is_left(user, password):
    shapes = [quote(user, safe=""), quote(password, safe="")]
    uri = f"mongodb+srv://{':'.join(shapes)}@db.example.com/"
    for shape in (uri, *shapes, user, password):
        assert shape not in masked(uri, f"before <{shape}> after")
