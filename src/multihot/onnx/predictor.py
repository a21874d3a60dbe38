"""Label sets from an exported file.

Shapes: B pictures in a batch, H W their height and width in pixels, L labels.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multihot.data.ahead import ahead
from multihot.data.decoding import decode_bytes
from multihot.errors import ArgumentError, ImageError, RunError
from multihot.labels.label_set import LabelSet
from multihot.onnx.description import Description
from multihot.onnx.engines import Engine, EngineName, Outputs, faster, onnxruntime_engine, openvino_engine

WAITING = 2
"""Decoded pictures held for each thread: they are as large as their files say."""


class Predictor:
    """An exported run, ready to give label sets; it needs no torch.

    Args:
        path: what `multihot export` wrote.
        engine: what runs it; "auto" takes OpenVINO where it is installed and faster on a picture of this size.

    Raises:
        RunError: there is no such file, it is damaged, or was not written by `multihot export`.
        LabelError: its labels do not match the hash of their order.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, path: str | Path, engine: EngineName = "auto") -> None:
        self.path = Path(path)
        runtime, properties = onnxruntime_engine(self.path)
        self.description = Description.from_properties(properties, str(path))
        self._engine = runtime if engine == "onnxruntime" else self._chosen(runtime, engine)

    def _chosen(self, runtime: Engine, engine: EngineName) -> Engine:
        if engine == "openvino":
            return openvino_engine(self.path)
        try:
            other = openvino_engine(self.path)
            side = self.description.size
            return faster([runtime, other], np.zeros((1, side, side, 3), np.uint8))
        except RunError:
            return runtime

    @property
    def labels(self) -> tuple[str, ...]:
        """The L names, in the order of columns."""
        return self.description.labels

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Probabilities (B, L) float32 and decided labels (B, L) booleans, of pictures (B, H, W, 3) RGB.

        Raises:
            ArgumentError: another shape or type.
        """
        if pixels.ndim != 4 or pixels.shape[3] != 3 or 0 in pixels.shape[1:3] or pixels.dtype != np.uint8:
            raise ArgumentError(
                f"expected pictures (B, H, W, 3) of the type uint8, got {pixels.shape} of the type {pixels.dtype}"
            )
        return self._engine(pixels)

    def predict(self, inputs: str | Path | Sequence[str | Path] | NDArray[np.uint8]) -> list[LabelSet]:
        """Label sets of picture files, or of pictures (N, H, W, 3) uint8; in their order.

        One path alone is a list of one. A picture that cannot be read has its reason in `error`.
        """
        if isinstance(inputs, np.ndarray):
            return [self._label_set(str(row), picture[None]) for row, picture in enumerate(inputs)]
        return list(self.predict_files([inputs] if isinstance(inputs, str | Path) else inputs))

    def predict_files(self, paths: Sequence[str | Path]) -> Iterator[LabelSet]:
        """Label sets of picture files one by one, as they are done; files are decoded ahead, in threads."""

        def decoded(row: int) -> NDArray[np.uint8] | str:
            try:
                return decode_bytes(Path(paths[row]).read_bytes())
            except OSError as error:
                return f"cannot be read: {error.strerror or error}"
            except ImageError as error:
                return str(error)

        for path, picture in zip(paths, ahead(decoded, range(len(paths)), WAITING), strict=True):
            if isinstance(picture, str):
                yield LabelSet(str(path), error=picture)
            else:
                yield self._label_set(str(path), picture[None])

    def _label_set(self, name: str, pixels: NDArray[Any]) -> LabelSet:
        probabilities, decided = self.run(pixels)
        labels = tuple(label for label, holds in zip(self.labels, decided[0], strict=True) if holds)
        return LabelSet(name, labels, dict(zip(self.labels, probabilities[0].tolist(), strict=True)))
