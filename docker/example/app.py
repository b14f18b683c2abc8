"""A small application with CalStack's contract: the same variables, the same files, the same database.

It shows which version answered and from where, and its API writes and reads, so that a lost write can be seen.
"""

import contextlib
import json
import os
import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pymongo
from bson import ObjectId
from bson.errors import InvalidId
from flask import Flask, Response, abort, jsonify, redirect, render_template, request, session, url_for
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

VERSION = os.environ.get("APP_VERSION", "unknown")
COLOUR = os.environ.get("APP_COLOUR", "grey")
# What CalStack is given; /status shows which of them are set, never a value.
VARIABLES = (
    "MONGO_URI",
    "FLASK_SECRET_KEY",
    "SENDGRID_API_KEY",
    "MS_CLIENT_ID",
    "MS_CLIENT_SECRET",
    "AZURE_APPLICATION_ID",
    "AZURE_DIRECTORY_ID",
    "OAUTH2_REDIRECT_URI",
    "MS_OUTLOOK_REDIRECT_URI",
    "DOMAIN",
    "FLASK_DEBUG",
)
DATABASE_SECONDS = 5
SLOW_LIMIT_MS = 60_000

app = Flask(__name__)
app.secret_key = os.environ["FLASK_SECRET_KEY"]
app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")
google = json.loads(Path("client_secret.json").read_text())
database = pymongo.MongoClient[dict[str, Any]](os.environ["MONGO_URI"])["calstack"]

with contextlib.suppress(OSError):  # like CalStack, which starts on a read-only file system too
    Path(tempfile.gettempdir(), "calstack.started").write_text(datetime.now(UTC).isoformat())


@app.after_request
def tell_version(response: Response) -> Response:
    response.headers["X-App-Version"] = VERSION
    response.headers["X-App-Colour"] = COLOUR
    return response


@app.context_processor
def facts() -> dict[str, str]:
    return {"version": VERSION, "colour": COLOUR, "address": task_address(), "domain": os.environ.get("DOMAIN", "")}


def task_address() -> str:
    """The address at which this request reached the task."""
    connection = request.environ.get("gunicorn.socket")
    return str(connection.getsockname()[0] if connection else request.environ.get("SERVER_NAME", "unknown"))


@app.errorhandler(HTTPException)
def in_words(error: HTTPException) -> Any:
    if request.path.startswith("/api/"):
        return jsonify(error=error.description), error.code or 500
    return error


@app.errorhandler(PyMongoError)
def without_database(error: PyMongoError) -> Any:
    """503, with the kind of failure only: a driver's message may hold addresses."""
    app.logger.error("database: %s", error)
    kind = type(error).__name__
    if request.path.startswith("/api/"):
        return jsonify(error=f"the database does not answer ({kind})"), 503
    return render_template("status.html", failure=kind), 503


@app.get("/")
def index() -> str:
    """The login page; answers without the database, so it serves as health path."""
    return render_template("index.html")


@app.get("/status")
def status() -> str:
    with pymongo.timeout(DATABASE_SECONDS):
        views = database["counters"].find_one_and_update(
            {"_id": "status_views"},
            {"$inc": {"value": 1}},
            upsert=True,
            return_document=pymongo.ReturnDocument.AFTER,
        )
        events = database["events"].count_documents({})
    variables = {name: bool(os.environ.get(name)) for name in VARIABLES}
    return render_template("status.html", views=views["value"] if views else 0, events=events, variables=variables)


@app.get("/slow")
def slow() -> Any:
    milliseconds = request.args.get("ms", 1000, type=int)
    if not 0 <= milliseconds <= SLOW_LIMIT_MS:
        abort(400, f"ms must be 0 to {SLOW_LIMIT_MS}")
    time.sleep(milliseconds / 1000)
    return jsonify(slept_ms=milliseconds)


@app.post("/api/events")
def create_event() -> Any:
    sent = request.get_json()
    if not isinstance(sent, dict):
        abort(400, "send a JSON object")
    event = {"data": sent, "version": VERSION, "colour": COLOUR, "created": datetime.now(UTC)}
    with pymongo.timeout(DATABASE_SECONDS):
        identifier = database["events"].insert_one(event).inserted_id
    return jsonify(id=str(identifier)), 201, {"Location": url_for("event", identifier=str(identifier))}


@app.get("/api/events")
def events() -> Any:
    """The newest first, at most 1000."""
    limit = min(max(request.args.get("limit", 50, type=int), 1), 1000)
    with pymongo.timeout(DATABASE_SECONDS):
        found = list(database["events"].find().sort("_id", -1).limit(limit))
    return jsonify(events=[shown(item) for item in found])


@app.get("/api/events/count")
def count() -> Any:
    with pymongo.timeout(DATABASE_SECONDS):
        return jsonify(count=database["events"].count_documents({}))


@app.get("/api/events/<identifier>")
def event(identifier: str) -> Any:
    try:
        key = ObjectId(identifier)
    except InvalidId:
        abort(404, "no such event")
    with pymongo.timeout(DATABASE_SECONDS):
        found = database["events"].find_one({"_id": key})
    if found is None:
        abort(404, "no such event")
    return jsonify(shown(found))


def shown(item: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in item.items() if name != "_id"}
    return {**rest, "id": str(item["_id"]), "created": item["created"].isoformat()}


@app.get("/login/google")
def login_google() -> AnyResponse:
    client = google.get("web") or google.get("installed") or {}
    return to_provider(
        client.get("auth_uri", "https://accounts.google.com/o/oauth2/auth"),
        client_id=client.get("client_id", ""),
        redirect_uri=os.environ.get("OAUTH2_REDIRECT_URI", ""),
        scope="openid email https://www.googleapis.com/auth/calendar.readonly",
    )


@app.get("/login/microsoft")
def login_microsoft() -> AnyResponse:
    tenant = os.environ.get("AZURE_DIRECTORY_ID", "common")
    return to_provider(
        f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        client_id=os.environ.get("MS_CLIENT_ID", ""),
        redirect_uri=os.environ.get("MS_OUTLOOK_REDIRECT_URI", ""),
        scope="openid email Calendars.Read",
    )


def to_provider(address: str, **parameters: str) -> AnyResponse:
    """To the provider's consent page; the state in the signed session proves the way back."""
    session["state"] = secrets.token_urlsafe(16)
    query = {**parameters, "response_type": "code", "state": session["state"]}
    return redirect(f"{address}?{urlencode(query)}")


@app.get("/oauth2callback")
@app.get("/oauth2callback/outlook")
def callback() -> str:
    """The way back. Here the example ends: it exchanges no code and signs nobody in."""
    expected = session.pop("state", None)
    if not expected or not secrets.compare_digest(expected, request.args.get("state", "")):
        abort(400, "the state is not the one this session was sent away with")
    return render_template("callback.html")
