"""The runtimes, and what it takes to make an encoder run in each.

Shapes: B samples in a batch, S height and width in pixels.
"""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from multihot.models.encoders import Encoder

RuntimeName = Literal["auto", "torch", "openvino", "onnxruntime", "compile"]
Outputs = Callable[[Tensor], Tensor]
"""Pictures (B, 3, S, S) uint8 to features or maps, where the encoder's weights are."""


class Runtime(NamedTuple):
    """One way to run an encoder.

    Args:
        make: the encoder, and a folder to keep what was converted in, to its outputs.
        needs: modules that must be installed.
        extra: that installs them.
        preparing: about how many seconds it takes to convert an encoder.
        loading: about how many it takes to load one that was converted before.
    """

    make: Callable[[Encoder, Path], Outputs]
    needs: tuple[str, ...]
    extra: str
    preparing: float
    loading: float

    @property
    def installed(self) -> bool:
        """Whether it can be used here."""
        return all(importlib.util.find_spec(name) is not None for name in self.needs)


def channels_last(pictures: Tensor) -> NDArray[np.uint8]:
    """(B, 3, S, S) as (B, S, S, 3), which is how loaded pictures lie in memory."""
    array: NDArray[np.uint8] = pictures.permute(0, 2, 3, 1).contiguous().numpy()
    return array


def by_torch(encoder: Encoder) -> Outputs:
    """The encoder as it is, on the device that its weights are on."""

    def run(pictures: Tensor) -> Tensor:
        with torch.inference_mode():
            outputs: Tensor = encoder(pictures.to(encoder.mean.device, non_blocking=True))
        return outputs

    return run


def _by_openvino(encoder: Encoder, folder: Path) -> Outputs:
    from multihot.models.runtime.openvino import by_openvino  # the module that each needs takes its time to load

    return by_openvino(encoder, folder)


def _by_onnxruntime(encoder: Encoder, folder: Path) -> Outputs:
    from multihot.models.runtime.onnxruntime import by_onnxruntime

    return by_onnxruntime(encoder, folder)


def _compiled(encoder: Encoder, folder: Path) -> Outputs:
    """Torch keeps what it compiled by itself."""
    compiled = torch.compile(encoder)

    def run(pictures: Tensor) -> Tensor:
        with torch.inference_mode():
            # Only the batch: padding that depends on open sizes of pictures takes more than five minutes to trace.
            torch._dynamo.maybe_mark_dynamic(pictures, 0)
            outputs: Tensor = compiled(pictures)
        return outputs

    return run


RUNTIMES: Mapping[str, Runtime] = {
    "openvino": Runtime(_by_openvino, ("openvino",), "cpu", preparing=3, loading=1),
    "onnxruntime": Runtime(_by_onnxruntime, ("onnxruntime", "onnxscript"), "export", preparing=15, loading=1),
    "compile": Runtime(_compiled, (), "", preparing=120, loading=20),
}
"""All but torch, in the order in which they are tried."""
