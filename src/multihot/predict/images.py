"""Pictures, on disk or in a store, with their names."""

from collections.abc import Iterable
from pathlib import Path

from multihot.data.images import Images
from multihot.data.picture_names import is_address
from multihot.data.stored_images import images_at
from multihot.data.stores import find_files
from multihot.errors import DataError
from multihot.predict.finding import find_pictures


def find_images(inputs: str | Path | Iterable[str | Path]) -> tuple[list[str], Images]:
    """As `find_pictures`, and addresses too (`s3://bucket/*.jpg`): the name of each picture, and the pictures.

    Raises:
        DataError: a folder or pattern holds nothing, or a store cannot be reached.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    found: dict[str, None] = {}
    for text in map(str, given):
        names = find_files(text) if is_address(text) else [str(path) for path in find_pictures(text)]
        if not names:
            raise DataError(f"{text}: no pictures found")
        found.update(dict.fromkeys(names))
    names = list(found)
    return names, images_at(names)
