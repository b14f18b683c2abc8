import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from lab.images.manifest import Layer, make

LAYER = Layer(f"sha256:{'1' * 64}", 10)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_the_digest_is_that_of_the_text_that_is_pushed(environment: dict[str, str]) -> None:
    made = make([LAYER], environment, ("python", "x.py"), "x86_64")
    assert made.digest == "sha256:" + hashlib.sha256(made.text.encode()).hexdigest()
    assert make([LAYER], dict(reversed(environment.items())), ("python", "x.py"), "x86_64") == made


def test_everything_counts() -> None:
    digests = {
        make([LAYER], {}, ("a",), "x86_64").digest,
        make([LAYER], {}, ("a",), "aarch64").digest,
        make([LAYER], {}, ("b",), "x86_64").digest,
        make([LAYER], {"APP_VERSION": "1"}, ("a",), "x86_64").digest,
        make([LAYER, LAYER], {}, ("a",), "x86_64").digest,
    }
    assert len(digests) == 5


def test_it_is_an_oci_manifest() -> None:
    manifest = json.loads(make([LAYER], {}, ("a",), "x86_64").text)
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["layers"] == [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": LAYER.digest, "size": 10}
    ]
    assert set(manifest["config"]) == {"mediaType", "digest", "size"}
