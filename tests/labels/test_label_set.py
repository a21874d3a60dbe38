import json

from multihot.labels import LabelSet


def test_a_prediction_is_one_line_of_json() -> None:
    predicted = LabelSet("a.jpg", ("blue", "shirt"), {"blue": 0.98, "shirt": 0.9, "dress": 0.02})
    assert json.loads(json.dumps(predicted.to_dict())) == {
        "id": "a.jpg",
        "labels": ["blue", "shirt"],
        "probabilities": {"blue": 0.98, "shirt": 0.9, "dress": 0.02},
        "error": None,
    }


def test_a_sample_that_cannot_be_read_has_an_error_and_nothing_else() -> None:
    failed = LabelSet("b.jpg", error="empty file")
    assert failed.to_dict() == {"id": "b.jpg", "labels": [], "probabilities": {}, "error": "empty file"}


def test_label_sets_do_not_share_their_probabilities() -> None:
    assert LabelSet("a").probabilities is not LabelSet("b").probabilities
