"""Which runtime is chosen, and that it gives what torch gives."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from multihot.errors import MissingExtraError, RecipeError
from multihot.models import EncoderSettings, Forward, build_encoder
from multihot.models.encoders import Encoder
from multihot.models.runtime import choice
from multihot.models.runtime.choice import difference, fastest
from multihot.models.runtime.remembered import SPEEDS, folder_of, read_speeds, write_speeds
from multihot.models.runtime.runtimes import RUNTIMES, Outputs, Runtime, by_torch

MANY = 10**9


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MULTIHOT_CACHE", str(tmp_path))


@pytest.fixture
def encoder() -> Encoder:
    torch.manual_seed(0)
    return build_encoder(EncoderSettings(name="cnn32", pooling="average+max"), load_weights=True)


@pytest.fixture
def pictures() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (16, 3, 32, 32), dtype=torch.uint8, generator=generator)


Make = Callable[[Encoder, Path], Outputs]


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that leaves one runtime, `other`, made as the test says, and torch."""

    def leave(make: Make, *, preparing: float = 3, needs: tuple[str, ...] = ()) -> None:
        runtime = Runtime(make, needs, "cpu", preparing=preparing, loading=1)
        monkeypatch.setattr(choice, "RUNTIMES", {"other": runtime})

    return leave


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Seconds a picture that each runtime is said to take; torch computes in a function of that name."""
    told = {"torch": 0.01, "other": 0.004}

    def of(outputs: Outputs, pictures: Tensor) -> float:
        return told["torch" if by_torch.__qualname__ in outputs.__qualname__ else "other"]

    monkeypatch.setattr(choice, "_seconds", of)
    return told


def same(encoder: Encoder, folder: Path) -> Outputs:
    return lambda pictures: by_torch(encoder)(pictures)


def off(encoder: Encoder, folder: Path) -> Outputs:
    return lambda pictures: by_torch(encoder)(pictures) * 1.01


def broken(encoder: Encoder, folder: Path) -> Outputs:
    raise RuntimeError("no such\noperator")


@pytest.mark.usefixtures("seconds")
def test_what_is_faster_is_taken_and_remembered(encoder: Encoder, pictures: Tensor, only: Callable[..., None]) -> None:
    only(same)
    assert fastest(encoder, pictures, 10_000).name == "other"
    assert read_speeds(folder_of(encoder)) == {"torch": 0.01, "other": 0.004}


def test_what_is_hardly_faster_is_not_taken(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None], seconds: dict[str, float]
) -> None:
    only(same)
    seconds["other"] = 0.0095
    assert fastest(encoder, pictures, 10_000).name == "torch"


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize(("coming", "tried"), [(1, False), (1199, False), (1201, True)])
def test_a_runtime_is_tried_where_a_quarter_of_the_time_pays(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None], coming: int, tried: bool
) -> None:
    only(same)
    assert (fastest(encoder, pictures, coming).name == "other") is tried


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize(("coming", "loaded"), [(160, False), (170, True)])
def test_a_remembered_one_is_loaded_where_that_pays(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None], coming: int, loaded: bool
) -> None:
    only(same)
    write_speeds(folder_of(encoder), {"torch": 0.01, "other": 0.004})
    assert (fastest(encoder, pictures, coming).name == "other") is loaded


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("make", [off, broken])
def test_what_differs_from_torch_is_told_and_not_tried_again(
    make: Make, encoder: Encoder, pictures: Tensor, only: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    only(make)
    assert fastest(encoder, pictures, MANY).name == "torch"
    assert "runtime other is not taken: it" in caplog.text
    caplog.clear()
    assert fastest(encoder, pictures, MANY).name == "torch"
    assert not caplog.text


@pytest.mark.usefixtures("seconds")
def test_what_was_kept_and_is_damaged_is_made_again(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None]
) -> None:
    def kept(encoder: Encoder, folder: Path) -> Outputs:
        return (off if (folder / "damaged").is_file() else same)(encoder, folder)

    only(kept)
    folder = folder_of(encoder)
    write_speeds(folder, {"torch": 0.01, "other": 0.004})
    (folder / "other").mkdir()
    (folder / "other" / "damaged").touch()
    assert fastest(encoder, pictures, MANY).name == "other"


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"torch": null}'])
def test_damaged_speeds_are_measured_again(encoder: Encoder, text: str) -> None:
    folder = folder_of(encoder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SPEEDS).write_text(text)
    assert read_speeds(folder) == {}


@pytest.mark.parametrize("make", [off, broken])
def test_a_named_runtime_that_differs_is_an_error(
    make: Make, encoder: Encoder, pictures: Tensor, only: Callable[..., None]
) -> None:
    only(make)
    with pytest.raises(RecipeError, match=r"runtime: other .*torch always runs"):
        choice.named(encoder, "other", pictures)  # type: ignore[arg-type]


def test_a_named_runtime_that_is_not_installed_names_the_extra(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None]
) -> None:
    only(same, needs=("no_such_module",))
    with pytest.raises(MissingExtraError, match=r"multihot\[cpu\]"):
        choice.named(encoder, "other", pictures)  # type: ignore[arg-type]


@pytest.mark.usefixtures("seconds")
def test_little_work_again_and_again_becomes_much(
    encoder: Encoder, pictures: Tensor, only: Callable[..., None]
) -> None:
    only(same, preparing=0.5)
    forward = Forward(encoder)
    names = []
    for _ in range(32):
        forward(pictures, len(pictures))
        names.append(forward.runtime)
    assert (names[0], names[-1]) == ("torch", "other")


@pytest.mark.usefixtures("seconds")
def test_what_is_settled_stays(encoder: Encoder, pictures: Tensor, only: Callable[..., None]) -> None:
    only(same, preparing=0.5)
    forward = Forward(encoder)
    forward.settle(pictures, 1)
    forward(pictures, MANY)
    assert forward.runtime == "torch"


@pytest.mark.parametrize(
    ("name", "pooling", "twin"),
    [
        ("openvino", "average+max", False),
        ("openvino", "flatten", True),
        ("openvino", "none", False),
        ("onnxruntime", "none", True),
    ],
)
def test_features_and_maps_are_those_of_torch(name: str, pooling: str, twin: bool, pictures: Tensor) -> None:
    if not RUNTIMES[name].installed:
        pytest.skip(f"{name} is not installed")
    torch.manual_seed(0)
    settings = EncoderSettings.model_validate({"name": "cnn32", "pooling": pooling, "flipped_twin": twin})
    encoder = build_encoder(settings, load_weights=True)
    outputs = choice.named(encoder, name, pictures).outputs  # type: ignore[arg-type]
    for size in (1, 3, 16):
        found = outputs(pictures[:size])
        assert found.shape == (size, *encoder.shape)
        assert difference(found, by_torch(encoder)(pictures[:size])) < choice.TOLERANCE
    assert next(encoder.parameters()).requires_grad


def test_difference_is_relative_to_size() -> None:
    expected = torch.full((2, 3), 100.0)
    assert difference(expected + 1, expected) == pytest.approx(0.01)
    assert difference(expected[:1], expected) == float("inf")
    assert difference(torch.zeros(1), torch.zeros(1)) == 0


@pytest.mark.usefixtures("seconds")
def test_another_runtime_is_tried_after_one_that_gains_only_for_much_more_work(
    encoder: Encoder, pictures: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def second(encoder: Encoder, folder: Path) -> Outputs:
        tried.append(folder)
        return same(encoder, folder)

    runtimes = {"other": Runtime(same, (), "", 3, 1), "second": Runtime(second, (), "", 3, 1)}
    monkeypatch.setattr(choice, "RUNTIMES", runtimes)
    fastest(encoder, pictures, 7400)
    assert not tried
    fastest(encoder, pictures, 7600)
    assert tried
