"""Paths of this machine are nobody else's business: only their last part leaves it."""

import re
from pathlib import Path, PureWindowsPath

from multihot.models import EncoderSettings
from multihot.recipe import Recipe

_ABSOLUTE = re.compile(r"""(?<![\w./\\:])(?:~|[A-Za-z]:)?[/\\][^\s/\\,;:'"()]+(?:[/\\][^\s/\\,;:'"()]+)+[/\\]?""")


def last_part(path: str) -> str:
    r"""The name of a file or folder, wherever it is.

    >>> last_part("/home/anna/clothes/"), last_part("C:\\data\\shop.csv"), last_part("demo")
    ('clothes', 'shop.csv', 'demo')
    """
    return PureWindowsPath(path).name or path


def without_places(text: str, source: str = "") -> str:
    """A sentence in which the path of the source, the user's home and other absolute paths are their last parts.

    >>> without_places("read from the table a.csv in /home/anna/my clothes", "/home/anna/my clothes")
    'read from the table a.csv in my clothes'
    >>> without_places("train: /data/images does not exist and was left out; 3/4 of them")
    'train: images does not exist and was left out; 3/4 of them'
    """
    for known in (source, str(Path.home())):
        if len(known) > 1:
            text = text.replace(known, last_part(known))
    return _ABSOLUTE.sub(lambda found: last_part(found[0]), text)


def recipe_without_places(recipe: Recipe) -> Recipe:
    """The recipe with the last parts of the paths of its source and of the file of its first weights."""
    provenance = dict(recipe.provenance)
    if "source" in provenance:
        provenance["source"] = last_part(provenance["source"])
    changes: dict[str, object] = {"provenance": provenance}
    if isinstance(recipe.encoder, EncoderSettings):
        changes["encoder"] = recipe.encoder.model_copy(update={"weights": last_part(recipe.encoder.weights)})
    return recipe.model_copy(update=changes)
