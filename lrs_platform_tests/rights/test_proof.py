"""A proof holds as it was signed, and no longer when anything of it was changed; it does not say whom it is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrs_platform.rights.proof import KEY_FILE, ProofInvalid, Signer, check

CONTENT = {"what": "erasure of a learner", "removed": {"lrs.statement": 3}}


def test_a_proof_holds_after_a_journey_as_text(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    proof = json.loads(json.dumps(signer.sign(CONTENT), indent=4))
    check(proof)
    check(proof, public_key=Signer.of(tmp_path).public)  # the key is kept


@pytest.mark.parametrize(
    "change", [{"removed": {"lrs.statement": 2}}, {"more": 1}, {"signature": ""}, {"signature": "AAAA"}]
)
def test_a_changed_proof_does_not_hold(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(ProofInvalid):
        check(Signer.of(tmp_path).sign(CONTENT) | change)


def test_another_instances_proof_is_told_apart(tmp_path: Path) -> None:
    proof = Signer.of(tmp_path / "one").sign(CONTENT)
    with pytest.raises(ProofInvalid, match="another key"):
        check(proof, public_key=Signer.of(tmp_path / "other").public)


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    Signer.of(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / KEY_FILE).parent.stat().st_mode & 0o777 == 0o700


def test_the_hash_of_a_person_needs_the_key(tmp_path: Path) -> None:
    one, other = Signer.of(tmp_path / "one"), Signer.of(tmp_path / "other")
    assert one.hash_of(" Ada@example.com") == one.hash_of("mailto:ada@EXAMPLE.com")
    assert one.hash_of("ada@example.com") != other.hash_of("ada@example.com")
