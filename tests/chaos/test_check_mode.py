"""The playbook's dry run, on the emulator's own log of calls."""


def test_check_prints_the_plan_in_weights_and_writes_nothing(scene, image):
    before = len(scene.laboratory.calls())
    output = scene.laboratory.play("playbooks/release.yml", "-e", f"release_image={image}", "--check")
    for words in ("serves everybody", "image calstack@", "10 % for 10 s", "50 % for 10 s", "100 % for 10 s", "promote"):
        assert words in output
    assert len(scene.laboratory.calls()) > before
    assert scene.laboratory.writes_since(before) == []
