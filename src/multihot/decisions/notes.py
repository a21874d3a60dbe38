"""What a fit has to say about the data it was given."""

from collections.abc import Sequence


def listing(names: Sequence[str], most: int = 10) -> str:
    """Names in one line, the first of many.

    >>> listing(["a", "b", "c"], most=2)
    'a, b, ... (3 in all)'
    """
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, ... ({len(names)} in all)"
