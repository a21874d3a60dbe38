"""The card says what is so, in YAML that the hub reads and Markdown that data cannot break."""

import re

import pytest
import yaml
from huggingface_hub import ModelCard

import multihot as mh
from multihot.hub import model_card


@pytest.fixture(scope="module")
def card(vector_run) -> str:
    return model_card(vector_run, "anna/clinic", ["plots/training.png"])


def test_the_front_matter_holds_the_test_figures(card, vector_run) -> None:
    values = yaml.safe_load(card.split("---\n")[1])
    assert values["library_name"] == "multihot"
    assert values["pipeline_tag"] == "tabular-classification"
    (result,) = values["model-index"][0]["results"]
    assert result["dataset"] == {"name": "clinic", "type": "clinic", "split": "test"}
    given = {figure["type"]: figure["value"] for figure in result["metrics"]}
    assert given["micro_f1"] == vector_run.metrics()["test"]["micro_f1"]["value"]
    assert ModelCard(card).data.eval_results


def test_metrics_have_their_intervals(card, vector_run) -> None:
    figure = vector_run.metrics()["test"]["micro_f1"]
    expected = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
    assert re.search(rf"^\| Micro F1 \| .* \| {re.escape(expected)} \| ", card, flags=re.MULTILINE)


def test_labels_decision_and_limits(card, vector_run) -> None:
    fitted = vector_run.decision.fitted_on
    row = f"| {vector_run.decision.thresholds[0]:.3f} | {fitted.positives[0]} | {fitted.known[0]} |"
    assert f"| tall {row}" in card
    assert "| red\\|&lt;b&gt; |" in card
    assert "<b>" not in card
    assert f"| Thresholds for | {vector_run.decision.objective.replace('_', chr(92) + '_')} |" in card
    assert re.search("- not always known among .*: wide$", card, flags=re.MULTILINE)
    assert re.search("- never present among .*: never$", card, flags=re.MULTILINE)
    assert "- read from the table a.csv in clinic" in card
    assert f"the hash {vector_run.space.order_hash}" in card
    assert "secret-place" not in card
    assert "None" not in card
    assert not re.search(r"\bnan\b", card)


def test_the_python_of_the_card_runs(hub, vector_run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    mh.push(vector_run, "anna/clinic")
    (lines,) = re.findall(r"```python\n(.*?)```", hub.files("anna/clinic")["README.md"].decode(), flags=re.DOTALL)
    exec(lines, {})  # noqa: S102


def test_pictures_and_their_side(shapes_run) -> None:
    card = model_card(shapes_run, "anna/shapes")
    assert "pipeline_tag: image-classification" in card
    assert "pictures, resized to 32 pixels a side" in card
    assert 'run.predict(["photo.jpg"])' in card
    assert "Plots" not in card
