"""A folder of label sets in Parquet parts.

The samples of a part are always the same, whoever writes it, and a part appears when it is whole. So work that was
stopped goes on with the parts that are missing, and no sample is lost or comes twice.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.dataset as ds
from pyarrow.fs import FileSelector, FileType

from multihot.data.picture_names import is_address
from multihot.data.stores import locate, reason_of
from multihot.errors import ArgumentError, DataError
from multihot.predict.files import ParquetWriter

MANIFEST = "_predictions.json"  # readers of Parquet folders pass over names that begin so
_PART = re.compile(r"part-(\d{6,})\.parquet")


@dataclass(frozen=True)
class Manifest:
    """What a folder of parts holds predictions of, and by what.

    Args:
        run: hash of the run's files.
        inputs: hash of the samples' names in their order.
        samples: how many there are.
        samples_a_part: of them in each part but the last.
    """

    run: str
    inputs: str
    samples: int
    samples_a_part: int

    @classmethod
    def of(cls, files: Mapping[str, bytes], names: Sequence[str], samples_a_part: int) -> "Manifest":
        """That of a run's files and of samples."""
        if samples_a_part < 1:
            raise ArgumentError(f"a part must hold at least one sample, got {samples_a_part}")
        contents = (part for name in sorted(files) for part in (name.encode(), files[name]))
        return cls(_hash(contents), _hash(map(_bytes, names)), len(names), samples_a_part)

    @property
    def parts(self) -> int:
        """How many parts hold all samples."""
        return -(-self.samples // self.samples_a_part)

    def rows(self, part: int) -> slice:
        """The samples of one part.

        >>> Manifest("", "", samples=25, samples_a_part=10).rows(2)
        slice(20, 25, None)
        """
        start = part * self.samples_a_part
        return slice(start, min(start + self.samples_a_part, self.samples))


class PartsFolder:
    """A folder of parts, on disk or in a store.

    Args:
        place: a path, or an address (`s3://bucket/predictions`).
    """

    def __init__(self, place: str | Path) -> None:
        self.name = str(place)
        absolute = self.name if is_address(self.name) else str(Path(self.name).absolute())
        self._file_system, path = locate(absolute)
        self._path = path.rstrip("/")

    def open(self, manifest: Manifest) -> None:
        """Make it the folder of these predictions, or go on with it where it is.

        Raises:
            ArgumentError: it holds other predictions, or something else.
            DataError: it cannot be read or written.
        """
        try:
            held = self._held()
            if held is None:
                self._file_system.create_dir(self._path, recursive=True)
                with self._beside(MANIFEST) as part, self._file_system.open_output_stream(part) as stream:
                    stream.write(json.dumps(asdict(manifest), indent=1).encode())
                return
        except OSError as error:
            raise DataError(f"{self.name}: cannot be used: {reason_of(error)}") from error
        if difference := _difference(held, manifest):
            raise ArgumentError(f"{self.name}: holds predictions {difference}; choose another folder")

    def _held(self) -> Manifest | None:
        if self._file_system.get_file_info(self._path).type == FileType.File:
            raise ArgumentError(f"{self.name}: is a file; parts are written to a folder")
        names = self._names()
        if MANIFEST not in names:
            if names:
                raise ArgumentError(f"{self.name}: holds other files, {min(names)} for one; choose another folder")
            return None
        with self._file_system.open_input_stream(f"{self._path}/{MANIFEST}") as stream:
            try:
                return Manifest(**json.loads(stream.read()))
            except (ValueError, TypeError) as error:
                raise ArgumentError(
                    f"{self.name}/{MANIFEST}: is damaged or of another version; choose another folder"
                ) from error

    def _names(self) -> set[str]:
        infos = self._file_system.get_file_info(FileSelector(self._path, allow_not_found=True))
        return {name for info in infos if not (name := Path(info.path).name).startswith(".")}

    def written(self) -> set[int]:
        """Which parts are there, and so whole."""
        return {int(match[1]) for name in self._names() if (match := _PART.fullmatch(name))}

    @contextmanager
    def writer(self, part: int, names: Sequence[str]) -> Iterator[ParquetWriter]:
        """What takes the label sets of one part; the part appears when the last is written."""
        with (
            self._beside(f"part-{part:06}.parquet") as place,
            self._file_system.open_output_stream(place) as stream,
        ):
            writer = ParquetWriter(stream, names)
            try:
                yield writer
            finally:
                writer.close()

    @contextmanager
    def _beside(self, name: str) -> Iterator[str]:
        # A name of its own: a worker that was given up may still be writing the same part.
        place = f"{self._path}/.{name}.{uuid.uuid4().hex}"
        yield place
        self._file_system.move(place, f"{self._path}/{name}")

    def count_errors(self) -> int:
        """How many of the samples written could not be read."""
        rows = ds.dataset(self._path, format="parquet", filesystem=self._file_system)
        count: int = rows.count_rows(filter=ds.field("error").is_valid())
        return count

    def clean(self) -> None:
        """Remove what killed workers left unfinished."""
        for info in self._file_system.get_file_info(FileSelector(self._path)):
            if Path(info.path).name.startswith(".part-"):
                self._file_system.delete_file(info.path)


def _difference(held: Manifest, wanted: Manifest) -> str | None:
    """What of another kind is held; None where it is the same."""
    if held.run != wanted.run:
        return "of another run"
    if held.samples != wanted.samples:
        return f"of {held.samples:,} samples, and the inputs are {wanted.samples:,}"
    if held.inputs != wanted.inputs:
        return f"of {held.samples:,} other samples, or of the same in another order"
    if held.samples_a_part != wanted.samples_a_part:
        return f"with {held.samples_a_part} samples a part, and {wanted.samples_a_part} are asked for"
    return None


def _hash(contents: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for content in contents:
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
