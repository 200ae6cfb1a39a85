"""The cases with known answers, worked out from the policy's text alone."""

from tests.settle import CASES, decisions, settle


def test_every_claim_at_an_edge_gets_the_known_decision_to_the_byte(tmp_path):
    finished = settle(tmp_path, CASES / "boundaries" / "in")
    assert decisions(finished) == (CASES / "boundaries" / "decisions.csv").read_bytes()


def test_two_nights_with_held_repeated_and_changed_claims_get_the_known_decisions_to_the_byte(tmp_path):
    for night in ("night1", "night2"):
        finished = settle(tmp_path, CASES / "two-nights" / night, label=night)
        assert decisions(finished) == (CASES / "two-nights" / f"{night}.decisions.csv").read_bytes()
