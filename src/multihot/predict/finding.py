"""Pictures, wherever the user points."""

import glob
from collections.abc import Iterable
from pathlib import Path

from multihot.data.picture_names import picture_names
from multihot.errors import DataError


def find_pictures(inputs: str | Path | Iterable[str | Path]) -> list[Path]:
    """Files as they are named, folders with all that is below them, and glob patterns (`**` too); no file twice.

    A named file that does not exist stays in the list, and gets its error in prediction.

    Raises:
        DataError: a folder or pattern holds nothing.
    """
    found: dict[Path, None] = {}
    for text in [inputs] if isinstance(inputs, str | Path) else inputs:
        path = Path(text)
        if path.is_dir():
            matches = [path / name for name in sorted(picture_names(path))]
        elif glob.has_magic(str(text)) and not path.exists():
            matches = [Path(name) for name in sorted(glob.glob(str(text), recursive=True)) if Path(name).is_file()]  # noqa: PTH207
        else:
            matches = [path]
        if not matches:
            raise DataError(f"{text}: no pictures found")
        found.update(dict.fromkeys(matches))
    return list(found)
