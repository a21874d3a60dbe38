"""A run goes to the hub and comes back; nothing else goes, and nothing else comes."""

import json
import socket
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants

import multihot as mh
from multihot.errors import ArgumentError, HubError, RunError

NAME = "anna/clinic"
FILES = {"README.md", "recipe.yaml", "labels.json", "features.json", "model.safetensors", "decision.json"}
FILES |= {"metrics.json", "history.jsonl"}
OF_SAMPLES = {"scores.parquet", "split.parquet", "report.html"}


def beside_plots(files) -> set[str]:
    return {file for file in files if not file.startswith("plots/")} - {".gitattributes"}


@pytest.fixture
def pushed(hub, vector_run):
    """A hub that holds the run."""
    assert mh.push(vector_run, NAME) == f"{hub.address}/{NAME}"
    return hub


def test_a_run_that_comes_back_predicts_and_measures_the_same(pushed, vector_run, made, tmp_path) -> None:
    folder = mh.pull(NAME, tmp_path / "pulled")
    pulled, new = mh.load_run(folder), made(seed=1)
    assert pulled.predict(new.features) == vector_run.predict(new.features)
    figures = [mh.evaluate(run, new, replicates=0).report.to_dict() for run in (pulled, vector_run)]
    assert figures[0] == figures[1]
    assert beside_plots(str(path.relative_to(folder)) for path in folder.iterdir() if path.is_file()) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["pulled"]


def test_pictures_too(hub, shapes_run, shapes, tmp_path) -> None:
    mh.push(shapes_run, NAME)
    pulled = mh.load_run(mh.pull(NAME, tmp_path / "pulled"))
    pictures = sorted(shapes.glob("*/1.png"))
    assert pulled.predict(pictures) == shapes_run.predict(pictures)
    assert 'run.predict(["photo.jpg"])' in hub.files(NAME)["README.md"].decode()


def test_one_private_commit_holds_what_is_needed_and_nothing_of_the_samples(pushed) -> None:
    repository = pushed.repositories[NAME]
    assert repository["private"] is True
    assert len(repository["commits"]) == 2  # the hub's own, then one
    assert beside_plots(pushed.files(NAME)) == FILES
    assert any(file.startswith("plots/") for file in pushed.files(NAME))
    for file, content in pushed.files(NAME).items():
        assert b"patient-" not in content, file


@pytest.mark.parametrize("with_scores", [False, True])
def test_no_path_and_no_token_leaves(hub, vector_run, tmp_path, with_scores) -> None:
    mh.push(vector_run, NAME, with_scores=with_scores)
    for file, content in hub.files(NAME).items():
        assert b"secret-place" not in content, file
        assert str(Path.home()).encode() not in content, file
        assert hub.token.encode() not in content, file
    for method, path, _, body in hub.requests:
        assert b"secret-place" not in body, (method, path)
        assert hub.token.encode() not in path.encode() + body
    assert yaml.safe_load(hub.files(NAME)["recipe.yaml"])["provenance"]["source"] == "clinic"
    assert "clinic" in hub.files(NAME)["README.md"].decode()
    assert vector_run.recipe.provenance["source"] != "clinic"
    assert "secret-place" in vector_run.notes()[0]


def test_a_run_without_its_scores_says_so_where_they_are_needed(pushed, tmp_path, call, capsys) -> None:
    folder = mh.pull(NAME, tmp_path / "pulled")
    capsys.readouterr()
    assert call("report", folder) == 2
    said = capsys.readouterr().err
    assert "has no scores.parquet, which is about the samples that the run was made from" in said
    assert said.count("\n") == 1
    for asked in (mh.Run.load(folder).split, mh.Run.load(folder).notes):
        with pytest.raises(RunError, match=r"has no split\.parquet"):
            asked()
    with pytest.raises(RunError, match=r"has no split\.parquet"):
        mh.push(mh.Run.load(folder), NAME, with_scores=True)
    mh.push(mh.Run.load(folder), NAME)


def test_a_run_with_its_scores_is_reported(hub, vector_run, tmp_path) -> None:
    mh.push(vector_run, NAME, with_scores=True)
    assert beside_plots(hub.files(NAME)) == FILES | OF_SAMPLES
    pulled = mh.Run.load(mh.pull(NAME, tmp_path / "pulled"))
    assert mh.write_report(pulled).is_file()
    assert hub.files(NAME)["scores.parquet"] == (vector_run.folder / "scores.parquet").read_bytes()
    assert set(pulled.split()["path"].to_pylist()) == {None}
    assert pulled.notes()[0] == "read from the table a.csv in clinic"
    assert pulled.split()["part"].equals(vector_run.split()["part"])


def test_what_was_pushed_before_goes_with_the_next_push(hub, vector_run) -> None:
    mh.push(vector_run, NAME, with_scores=True)
    mh.push(vector_run, NAME)
    assert beside_plots(hub.files(NAME)) == FILES
    assert len(hub.repositories[NAME]["commits"]) == 3


def test_a_repository_is_never_opened_to_all_by_accident(hub, vector_run) -> None:
    mh.push(vector_run, NAME, public=True)
    assert hub.repositories[NAME]["private"] is False
    with pytest.raises(HubError, match="exists already and is public: say --public"):
        mh.push(vector_run, NAME)
    mh.push(vector_run, "anna/other")
    with pytest.raises(HubError, match="exists already and is private: leave out --public"):
        mh.push(vector_run, "anna/other", public=True)


def test_something_else_is_not_written_over(hub, vector_run) -> None:
    hub.holds(NAME, {"README.md": b"mine", "config.json": b"{}"})
    with pytest.raises(HubError, match=r"holds something else than a run \(config\.json\)"):
        mh.push(vector_run, NAME)
    assert hub.files(NAME) == {"README.md": b"mine", "config.json": b"{}"}


@pytest.mark.parametrize("name", ["clinic", "anna/", "/clinic", "anna/cli nic", "anna/clinic/more", "anna/-x-.."])
def test_names_that_cannot_be(hub, vector_run, tmp_path, name) -> None:
    with pytest.raises(ArgumentError):
        mh.push(vector_run, name)
    with pytest.raises(ArgumentError):
        mh.pull(name, tmp_path / "pulled")
    assert not hub.requests


def test_a_push_needs_a_token(hub, vector_run, monkeypatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="writing to the hub needs a token: log in by `hf auth login`, or set HF_TOKEN"):
        mh.push(vector_run, NAME)
    assert not hub.requests


def test_a_repository_that_is_not_there_or_not_seen(pushed, tmp_path, monkeypatch) -> None:
    with pytest.raises(HubError, match="anna/nothing: there is no such repository on the hub, or it is private"):
        mh.pull("anna/nothing", tmp_path / "pulled")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="there is no such repository on the hub, or it is private"):
        mh.pull(NAME, tmp_path / "pulled")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("status", "said"), [(403, "the hub refuses"), (418, "the hub answers with status 418")])
def test_a_hub_that_refuses(hub, vector_run, tmp_path, status, said) -> None:
    hub.broken = status
    with pytest.raises(HubError, match=said):
        mh.push(vector_run, NAME)
    with pytest.raises(HubError, match=said):
        mh.pull(NAME, tmp_path / "pulled")


def test_no_network(vector_run, hub, tmp_path, monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(HubError, match="the hub cannot be reached"):
            mh.pull(NAME, tmp_path / "pulled")
        with pytest.raises(HubError, match="the hub cannot be reached"):
            mh.push(vector_run, NAME)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="the hub cannot be reached"):
        mh.pull(NAME, tmp_path / "pulled")


def test_nothing_is_overwritten(pushed, tmp_path) -> None:
    (tmp_path / "pulled").mkdir()
    with pytest.raises(ArgumentError, match="exists already; choose another directory by --out"):
        mh.pull(NAME, tmp_path / "pulled")


def test_only_files_of_a_run_are_fetched(pushed, tmp_path) -> None:
    strange = {"handler.py": b"1/0", "plots/x.py": b"", "checkpoints/a.pt": b"", "plots/[a].png": b""}
    pushed.holds(NAME, pushed.files(NAME) | strange)
    folder = mh.pull(NAME, tmp_path / "pulled")
    assert not [path for path in folder.rglob("*") if path.name in ("handler.py", "x.py", "a.pt", "[a].png", ".cache")]
    assert not any(path.endswith(".py") for _, path, _, _ in pushed.requests)


def damaged(files: dict[str, bytes], file: str, content: bytes | None) -> dict[str, bytes]:
    return {name: own for name, own in files.items() if name != file} | ({} if content is None else {file: content})


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("recipe.yaml", None, r"not a run of multihot: it has no recipe\.yaml"),
        ("model.safetensors", None, r"not a run of multihot: it has no model\.safetensors"),
        ("features.json", None, "not a run that loads"),
        ("features.json", b'{"width": "many"}', "not a run that loads"),
        (
            "recipe.yaml",
            b"architectures: [Bert]\n",
            r"not a run that loads: recipe\.yaml: architectures: no such setting",
        ),
        (
            "recipe.yaml",
            b"encoder: hf-hub:somebody/else\n",
            "not a run that loads: encoder: hf-hub:somebody/else takes pictures",
        ),
        ("recipe.yaml", b"!!python/object/apply:os.system ['false']\n", r"recipe\.yaml: cannot read the recipe"),
        ("labels.json", b'{"labels": ["a"]}', r"not a run that loads: labels\.json: made for other labels"),
        ("decision.json", b"[]", r"not a run that loads: decision\.json: expected a JSON object"),
        ("metrics.json", b"\xff", r"not a run that loads: metrics\.json: cannot be read"),
        ("model.safetensors", b"\x80\x04.", r"not a run that loads: model\.safetensors: weights cannot be read"),
    ],
)
def test_what_is_no_whole_run_is_refused(pushed, tmp_path, file, content, said) -> None:
    pushed.holds(NAME, damaged(pushed.files(NAME), file, content))
    with pytest.raises(HubError, match=said) as refused:
        mh.pull(NAME, tmp_path / "pulled")
    assert str(tmp_path) not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_labels_in_another_order_are_refused(pushed, tmp_path) -> None:
    labels = json.loads(pushed.files(NAME)["labels.json"])
    other = mh.LabelSpace(tuple(reversed(labels["labels"]))).to_dict()
    pushed.holds(NAME, pushed.files(NAME) | {"labels.json": json.dumps(other).encode()})
    with pytest.raises(HubError, match="made for other labels or another label order"):
        mh.pull(NAME, tmp_path / "pulled")


def test_the_command_line(hub, vector_run, tmp_path, call, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("push", vector_run.folder, NAME, "--public") == 0
    said = capsys.readouterr().err
    assert f"pushed: {hub.address}/{NAME} (public)" in said
    assert "left out: scores.parquet, split.parquet and report.html" in said
    assert call("pull", NAME) == 0
    assert "run: runs/clinic" in capsys.readouterr().err
    assert mh.load_run("runs/clinic").space == vector_run.space
    assert call("pull", NAME) == 2
    assert call("push", tmp_path, NAME) == 2
    assert "not a run directory" in capsys.readouterr().err


def test_a_recipe_cannot_name_somebody_elses_model(pushed, tmp_path) -> None:
    files = damaged(pushed.files(NAME), "features.json", None)
    pushed.holds(NAME, files | {"recipe.yaml": b"encoder: {name: hf-hub:somebody/else, size: 32, pooling: average}\n"})
    with pytest.raises(HubError, match="'hf-hub:somebody/else' is neither cnn28, cnn32 nor a timm model"):
        mh.pull(NAME, tmp_path / "pulled")
    assert not any("somebody" in path for _, path, _, _ in pushed.requests)
