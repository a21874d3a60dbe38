from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from multihot.data.feature_cache import SHARD, FeatureCache, cache_folder
from multihot.errors import DataError

KEY = "00" * 16


def test_what_was_flushed_is_found_again(tmp_path: Path) -> None:
    cache = FeatureCache("encoder", tmp_path)
    cache.add(KEY, np.arange(3, dtype=np.float32))
    assert KEY in cache
    assert KEY not in FeatureCache("encoder", tmp_path)
    cache.flush()
    assert np.array_equal(FeatureCache("encoder", tmp_path)[KEY], np.arange(3))
    assert KEY not in FeatureCache("another encoder", tmp_path)


def test_maps_come_back_as_they_were_however_they_lay_in_memory(tmp_path: Path) -> None:
    maps = np.arange(24, dtype=np.float16).reshape(2, 3, 4).transpose(2, 0, 1)
    cache = FeatureCache("encoder", tmp_path)
    cache.add(KEY, maps)
    cache.flush()
    assert np.array_equal(cache[KEY], maps)
    assert np.array_equal(FeatureCache("encoder", tmp_path)[KEY], maps)


def test_a_full_shard_is_written_without_asking(tmp_path: Path) -> None:
    cache = FeatureCache("encoder", tmp_path)
    for number in range(SHARD + 1):
        cache.add(f"{number:032x}", np.zeros(2, dtype=np.float32))
    assert len(FeatureCache("encoder", tmp_path)) == SHARD


def test_a_damaged_shard_is_forgotten(tmp_path: Path) -> None:
    cache = FeatureCache("encoder", tmp_path)
    cache.add(KEY, np.zeros(2, dtype=np.float32))
    cache.flush()
    shard = next(cache.folder.glob("*.safetensors"))
    unlike = {"contents": np.zeros((2, 16), dtype=np.uint8), "features": np.zeros((1, 2), dtype=np.float32)}
    for content in (b"cut off", save(unlike)):
        shard.write_bytes(content)
        assert len(FeatureCache("encoder", tmp_path)) == 0
        assert not shard.exists()


def test_the_folder_can_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MULTIHOT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("MULTIHOT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "multihot"


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = FeatureCache("encoder", tmp_path / "file")
    cache.add(KEY, np.zeros(2, dtype=np.float32))
    with pytest.raises(DataError, match=r"cannot be written \(.*: Not a directory\): set MULTIHOT_CACHE"):
        cache.flush()
