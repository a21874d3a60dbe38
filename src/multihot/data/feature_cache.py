"""Features of pictures, kept on disk by content: what was encoded once is never encoded again.

One folder an encoder (by the fingerprint of its weights, input size and pooling); in it, shards of a few hundred
pictures: safetensors with `contents` (n, 16) uint8 and `features` (n, D) float32 or (n, D, h, w) float16. A shard is
written whole or not at all, so that a stopped run goes on where it was.
"""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file
from safetensors.torch import load_file

from multihot.errors import DataError, one_line

SHARD = 512


def cache_folder() -> Path:
    """Where caches live: `MULTIHOT_CACHE`, else `multihot` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MULTIHOT_CACHE") or Path(base) / "multihot")


def cannot_keep(place: Path, error: Exception) -> DataError:
    """What to say where a cache cannot be written."""
    return DataError(f"{place}: cannot be written ({one_line(error)}): set MULTIHOT_CACHE to another folder")


class FeatureCache:
    """Features by content hash, for one encoder.

    Args:
        fingerprint: the encoder's.
        folder: the root of caches; `cache_folder()` by default.
    """

    def __init__(self, fingerprint: str, folder: Path | None = None) -> None:
        self.folder = (folder or cache_folder()) / "features" / fingerprint
        self._features: dict[str, NDArray[np.floating[Any]]] = {}
        self._unsaved: dict[str, NDArray[np.floating[Any]]] = {}
        for shard in sorted(self.folder.glob("*.safetensors")):
            self._read(shard)

    def _read(self, shard: Path) -> None:
        try:
            tensors = load_file(shard)  # torch maps the file: what is not used is not read
            contents, features = tensors["contents"].numpy(), tensors["features"].numpy()
            rows = {bytes(key).hex(): row for key, row in zip(contents, features, strict=True)}
        except (SafetensorError, KeyError, OSError, ValueError):
            with contextlib.suppress(OSError):  # of a folder that may only be read
                shard.unlink()  # a damaged cache costs time, never a wrong feature
            return
        self._features.update(rows)

    def __contains__(self, content: object) -> bool:
        return content in self._features

    def __len__(self) -> int:
        return len(self._features)

    def __getitem__(self, content: str) -> NDArray[np.floating[Any]]:
        return self._features[content]

    def add(self, content: str, features: NDArray[np.floating[Any]]) -> None:
        """Keep the features of one picture; they reach the disk with the next full shard, or `flush`."""
        self._features[content] = self._unsaved[content] = features
        if len(self._unsaved) >= SHARD:
            self.flush()

    def flush(self) -> None:
        """Write what is not on disk yet as one more shard.

        Raises:
            DataError: it cannot be written.
        """
        if not self._unsaved:
            return
        arrays: dict[str, NDArray[Any]] = {
            "contents": np.array([list(bytes.fromhex(content)) for content in self._unsaved], dtype=np.uint8),
            # safetensors writes memory as it lies, and maps of a network may lie channels last.
            "features": np.ascontiguousarray(np.stack(list(self._unsaved.values()))),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            os.close(handle)
            save_file(arrays, name)
            shard = Path(name).replace(Path(name).with_suffix(".safetensors"))
        except (OSError, SafetensorError) as error:
            raise cannot_keep(self.folder, error) from error
        self._unsaved.clear()
        self._read(shard)
