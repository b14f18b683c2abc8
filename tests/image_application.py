"""A folder with an application, and with all that must not get into its image."""

from pathlib import Path

APP = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"well"]
"""

KEPT = (
    *("static/style.css", "static/.well-known/security.txt", "static/tests/one.js", "templates/env/mail.html"),
    *("environment.py", "my.environment", "keys.py", ".flaskenv.py", "credentials.py", "venvs/notes.txt"),
)
LEFT_OUT = (
    *(".env", ".env.prod", "prod.env", "config/.env", "config/.env.local", "config/stage.env"),
    *("tls.pem", "keys/tls.key", "keys/store.p12", "keys/store.pfx"),
    *("client_secret.json", "client_secret_2.json", "google/client_secret.json", "credentials.json"),
    *("credentials-aws.json", ".git/config", ".gitignore", "module/.git", "module/.gitmodules", ".github/ci.yml"),
    *("tests/test_app.py", "test/test_app.py", "env/bin/python", "venv/bin/python", ".venv/bin/python"),
    *("__pycache__/app.pyc", "module/__pycache__/one.cpython-312.pyc", "old.pyc", "static/node_modules/one/index.js"),
    *("app.egg-info/PKG-INFO", ".DS_Store", "static/.DS_Store", ".aws/credentials", ".ssh/id_ed25519"),
)


def make(folder: Path) -> Path:
    """The folder, filled; every file that must stay out says hunter2."""
    for name in KEPT + LEFT_OUT:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kept" if name in KEPT else "hunter2")
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("gunicorn==27.0.1\n")
    return folder
