"""WebDataset shards written."""

import json
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from multihot.data.samples import Samples, SetAside
from multihot.data.sources.picture_files import ending, portable
from multihot.errors import ArgumentError, ImageError


def write_webdataset(samples: Samples, destination: Path, *, shard_size: int | str = 1000) -> tuple[SetAside, ...]:
    """Write tar shards, a picture and a .json for each sample; each part of the split has its own shards.

    Args:
        samples: what to write.
        destination: a new folder.
        shard_size: how many samples a shard holds at most.

    Returns:
        The samples whose picture cannot be read, with the reason.

    Raises:
        ArgumentError: the size is no whole number above zero.
    """
    if not str(shard_size).isdecimal() or int(shard_size) < 1:
        raise ArgumentError(f"shard_size must be a whole number above zero, got {shard_size!r}")
    size = int(shard_size)
    split = samples.split or (None,) * len(samples)
    set_aside: list[SetAside] = []
    destination.mkdir(parents=True, exist_ok=True)
    for part in sorted(set(split), key=str):
        rows = [row for row, own in enumerate(split) if own == part]
        for number, start in enumerate(range(0, len(rows), size)):
            shard = destination / f"{part or 'samples'}-{number:06d}.tar"
            set_aside += _write(samples, rows[start : start + size], shard)
    return tuple(set_aside)


def _write(samples: Samples, rows: Sequence[int], shard: Path) -> list[SetAside]:
    set_aside = []
    with tarfile.open(shard, "w") as tar:
        for row in rows:
            try:
                content = portable(samples.images.read(row))
                name = f"{row:08d}{ending(content)}"
            except ImageError as error:
                set_aside.append(SetAside(samples.ids[row], str(error)))
                continue
            said = json.dumps(_said(samples, row), ensure_ascii=False).encode()
            for member, data in ((name, content), (f"{row:08d}.json", said)):
                header = tarfile.TarInfo(member)
                header.size = len(data)
                tar.addfile(header, BytesIO(data))
    return set_aside


def _said(samples: Samples, row: int) -> dict[str, object]:
    """What the .json of a sample holds."""
    targets = samples.targets
    hidden = sorted(targets.unknown.indices[targets.unknown.indptr[row] : targets.unknown.indptr[row + 1]].tolist())
    said: dict[str, object] = {"id": samples.ids[row], "labels": targets.names(row, samples.space)}
    if hidden:
        said["unknown_labels"] = [samples.space.names[column] for column in hidden]
    if samples.groups is not None and samples.groups[row] is not None:
        said["group"] = samples.groups[row]
    return said
