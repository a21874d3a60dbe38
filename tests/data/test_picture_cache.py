import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from multihot.data import content_hash, picture_cache
from multihot.data.picture_cache import PictureCache
from multihot.errors import DataError

CONTENTS = [content_hash(name) for name in (b"a", b"b", b"a", b"c")]


def picture(value: int) -> torch.Tensor:
    return torch.arange(value, value + 48, dtype=torch.uint8).view(4, 4, 3).permute(2, 0, 1)


def test_what_was_added_is_there_for_the_next_process_too(tmp_path: Path) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    assert cache.get(1) is None
    cache.add(1, CONTENTS[1], picture(9))
    for again in (cache, PictureCache(CONTENTS, 4, tmp_path)):
        kept = again.get(1)
        assert kept is not None
        torch.testing.assert_close(kept, picture(9))
        assert again.get(0) is None


def test_equal_contents_are_kept_once(tmp_path: Path) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    cache.add(0, CONTENTS[0], picture(5))
    kept = cache.get(2)
    assert kept is not None
    torch.testing.assert_close(kept, picture(5))
    assert cache.nbytes == cache.path.stat().st_size == 3 * (4 * 4 * 3 + 4)


def test_a_file_that_changed_since_is_not_kept(tmp_path: Path) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    cache.add(1, content_hash(b"another"), picture(9))
    assert cache.get(1) is None


@pytest.mark.parametrize("byte", [-1, 0])
def test_a_damaged_picture_is_not_there(tmp_path: Path, byte: int) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    for row in range(4):
        cache.add(row, CONTENTS[row], picture(9))
    content = bytearray(cache.path.read_bytes())
    content[byte] ^= 1
    cache.path.write_bytes(bytes(content))
    again = PictureCache(CONTENTS, 4, tmp_path)
    assert sum(again.get(row) is None for row in (0, 1, 3)) == 1


def test_a_killed_process_leaves_what_it_wrote_whole(tmp_path: Path) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    cache.add(0, CONTENTS[0], picture(9))
    cache.add(1, CONTENTS[1], picture(9))
    begun = bytearray(cache.path.read_bytes())
    begun[-30:] = bytes(30)  # the last of three was begun: some pixels, no checksum
    cache.path.write_bytes(bytes(begun))
    again = PictureCache(CONTENTS, 4, tmp_path)
    assert [again.get(row) is not None for row in range(4)] == [True, True, True, False]


def test_other_data_sizes_and_ways_to_decode_have_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {PictureCache(CONTENTS, 4, tmp_path).path, PictureCache(CONTENTS, 5, tmp_path).path}
    paths.add(PictureCache(CONTENTS[:2], 4, tmp_path).path)
    assert PictureCache(CONTENTS[::-1], 4, tmp_path).path in paths
    monkeypatch.setattr(picture_cache, "PREPARED", -1)
    paths.add(PictureCache(CONTENTS, 4, tmp_path).path)
    assert len(paths) == 4


def test_a_disk_without_room_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2_000_000_000))
    with pytest.raises(DataError, match=r"3\.0 GB are needed to keep the pictures and 2\.0 GB are free"):
        PictureCache([CONTENTS[0]], 31_623, tmp_path)
    assert not list((tmp_path / "pictures").iterdir())


def test_a_disk_that_fills_up_is_said(tmp_path: Path) -> None:
    cache = PictureCache(CONTENTS, 4, tmp_path)
    cache.path.unlink()
    with pytest.raises(DataError, match=r"cannot be written \(.*No such file or directory\): set MULTIHOT_CACHE"):
        cache.add(0, CONTENTS[0], picture(1))


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot be written \(.*: Not a directory\): set MULTIHOT_CACHE"):
        PictureCache(CONTENTS, 4, tmp_path / "file")
