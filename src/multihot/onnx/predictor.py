"""Label sets from an exported file.

Shapes: N samples, B samples in a batch, H W height and width in pixels, D features, L labels.
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
        except RunError:
            return runtime
        side = self.description.size
        shape, kind = ((1, side, side, 3), np.uint8) if self._takes_pixels else ((1, side), np.float32)
        return faster([runtime, other], np.zeros(shape, kind))

    @property
    def labels(self) -> tuple[str, ...]:
        """The L names, in the order of columns."""
        return self.description.labels

    @property
    def _takes_pixels(self) -> bool:
        return self.description.takes == "pixels"

    def run(self, inputs: NDArray[Any]) -> Outputs:
        """Probabilities (B, L) float32 and decided labels (B, L) booleans.

        Args:
            inputs: pictures (B, H, W, 3) uint8 RGB, or feature vectors (B, D) float32, as the file takes them.

        Raises:
            ArgumentError: another shape or type.
        """
        shape = (*inputs.shape[1:3], 3) if self._takes_pixels else (self.description.size,)
        kind = np.uint8 if self._takes_pixels else np.float32
        if inputs.ndim != len(shape) + 1 or inputs.shape[1:] != shape or 0 in shape or inputs.dtype != kind:
            what = "pictures (B, H, W, 3)" if self._takes_pixels else f"feature vectors (B, {self.description.size})"
            raise ArgumentError(
                f"expected {what} of the type {np.dtype(kind)}, got {inputs.shape} of the type {inputs.dtype}"
            )
        return self._engine(inputs)

    def predict(self, inputs: str | Path | Sequence[str | Path] | NDArray[Any]) -> list[LabelSet]:
        """Label sets of picture files, of pictures (N, H, W, 3) uint8, or of feature vectors (N, D); in their order.

        One path alone is a list of one. A picture that cannot be read has its reason in `error`.
        """
        if not isinstance(inputs, np.ndarray):
            return list(self.predict_files([inputs] if isinstance(inputs, str | Path) else inputs))
        ids = [str(row) for row in range(len(inputs))]
        if not self._takes_pixels:
            return list(self.predict_vectors(ids, inputs))
        return [self._label_set(name, picture[None]) for name, picture in zip(ids, inputs, strict=True)]

    def predict_vectors(self, ids: Sequence[str], vectors: NDArray[np.floating[Any]]) -> Iterator[LabelSet]:
        """Label sets of feature vectors (N, D) one by one, under their names."""
        for name, vector in zip(ids, vectors.astype(np.float32), strict=True):
            yield self._label_set(name, vector[None])

    def predict_files(self, paths: Sequence[str | Path]) -> Iterator[LabelSet]:
        """Label sets of picture files one by one, as they are done; files are decoded ahead, in threads.

        Raises:
            ArgumentError: the file takes feature vectors.
        """
        if not self._takes_pixels:
            raise ArgumentError(f"{self.path}: takes feature vectors, an array (N, {self.description.size})")

        def decoded(row: int) -> NDArray[np.uint8] | str:
            try:
                return decode_bytes(Path(paths[row]).read_bytes(), self.description.size)
            except OSError as error:
                return f"cannot be read: {error.strerror or error}"
            except ImageError as error:
                return str(error)

        for path, picture in zip(paths, ahead(decoded, range(len(paths)), WAITING), strict=True):
            if isinstance(picture, str):
                yield LabelSet(str(path), error=picture)
            else:
                yield self._label_set(str(path), picture[None])

    def _label_set(self, name: str, one: NDArray[Any]) -> LabelSet:
        probabilities, decided = self.run(one)
        labels = tuple(label for label, holds in zip(self.labels, decided[0], strict=True) if holds)
        return LabelSet(name, labels, dict(zip(self.labels, probabilities[0].tolist(), strict=True)))
