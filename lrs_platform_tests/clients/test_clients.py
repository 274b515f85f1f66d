"""Client libraries that people use work with the platform: each takes a learner through a lesson by its own API."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lrs_platform_tests.clients.conftest import HERE, NODE
from lrs_platform_tests.clients.learners import by_tincan
from lrs_platform_tests.conftest import Platform

VERBS = ["initialized", "experienced", "passed"]


@dataclass(frozen=True)
class Scene:
    """One learner's run: an id that nobody else has, and what the library returned."""

    id: str
    seen: dict[str, Any]


Play = Callable[..., Scene]


@pytest.fixture
def play(platform: Platform, request: pytest.FixtureRequest) -> Play:
    """Runs the learner of a JavaScript library."""

    def run(learner: str, version: str = "1.0.3") -> Scene:
        node_modules: Path = request.getfixturevalue("node_modules")
        scene = str(uuid.uuid4())
        environment = {
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(node_modules),
            "SCENE_ID": scene,
            "SCENE_VERSION": version,
            "SCENE_ENDPOINT": platform.endpoint,
            "SCENE_USERNAME": platform.username,
            "SCENE_PASSWORD": platform.password,
        }
        script = HERE / "learners" / f"{learner}.js"
        done = subprocess.run([NODE, script], env=environment, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stderr
        return Scene(scene, json.loads(done.stdout.splitlines()[-1]))

    return run


def finds_its_statements(scene: Scene) -> None:
    """What was sent was found, in order, over pages, and comes back as it was sent."""
    assert scene.seen["found"] == scene.seen["sent"]
    one = scene.seen["one"]
    assert one["id"] == scene.seen["sent"][2]
    assert one["actor"]["mbox"] == f"mailto:{scene.id}@example.com"
    assert one["verb"]["id"] == "http://adlnet.gov/expapi/verbs/passed"
    assert one["object"]["id"] == f"https://example.com/lessons/{scene.id}"
    assert one["context"]["registration"] == scene.id
    assert one["result"]["score"] == {"scaled": 0.9, "raw": 9, "min": 0, "max": 10}


def keeps_its_documents(scene: Scene, replaced: Any) -> None:
    """State merged, kept from a writer with an old ETag, replaced; profiles."""
    seen = scene.seen
    assert (seen["merged"], seen["stale"], seen["replaced"]) == ({"card": 1, "seen": True}, 412, replaced)
    assert seen["states"] == ["bookmark"]
    assert (seen["activity_profile"], seen["agent_profile"]) == ({"colour": "blue"}, {"language": "de"})


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_learner_by_xapi_js(play: Play, version: str) -> None:
    scene = play("xapi", version)
    finds_its_statements(scene)
    keeps_its_documents(scene, {"card": 2})
    assert scene.seen["versions"] == ["1.0.3", "2.0.0"]
    assert scene.seen["voided"] == scene.seen["sent"][0]
    assert scene.seen["attachment"] == "A certificate"
    assert scene.seen["activity"] == {"en-US": "Fire safety"}
    assert scene.seen["person"] == ["Ada Example"]
    assert (scene.seen["gone"], scene.seen["refused"]) == (404, 400)


def test_a_learner_by_tincanjs(play: Play) -> None:
    scene = play("tincanjs")
    finds_its_statements(scene)
    keeps_its_documents(scene, {"card": 2})
    assert scene.seen["versions"] == ["1.0.3", "2.0.0"]
    assert scene.seen["voided"] == scene.seen["sent"][0]
    assert scene.seen["attachment"] == "A certificate"
    assert scene.seen["activity"] == {"en-US": "Fire safety"}
    assert (scene.seen["gone"], scene.seen["refused"]) == (404, 400)


def test_a_learner_by_adl_xapiwrapper(play: Play) -> None:
    scene = play("adl-xapiwrapper")
    assert scene.seen["works"] is True
    finds_its_statements(scene)
    keeps_its_documents(scene, [2])
    assert scene.seen["activity"] == {"en-US": "Fire safety"}
    assert scene.seen["person"] == ["Ada Example"]
    assert scene.seen["refused"] == 400


def test_a_learner_by_tincan_for_python(platform: Platform) -> None:
    scene_id = str(uuid.uuid4())
    scene = Scene(scene_id, by_tincan.play(platform.endpoint, platform.username, platform.password, scene_id))
    finds_its_statements(scene)
    assert scene.seen["made"] == 4  # the version of an id that the platform made: the library knows those up to 5
    assert scene.seen["voided"] == scene.seen["sent"][0]
    assert scene.seen["states"] == ["bookmark"]
    assert (scene.seen["saved"], scene.seen["deleted"], scene.seen["left"]) == (204, 204, [])
    assert scene.seen["refused"] == 400
