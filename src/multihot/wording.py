"""Numbers and names in sentences."""

from collections.abc import Sequence


def counted(count: int, one: str, many: str | None = None) -> str:
    """How many of something, in the singular or the plural.

    >>> counted(1, "sample"), counted(1200, "sample"), counted(0, "entry", "entries")
    ('1 sample', '1,200 samples', '0 entries')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listing(names: Sequence[str], most: int = 10) -> str:
    """Names in one line, the first of many.

    >>> listing(["a", "b", "c"], most=2)
    'a, b, ... (3 in all)'
    """
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, ... ({len(names)} in all)"


def sayable(name: str) -> str:
    r"""A file's name as valid text, whatever bytes it was read from.

    >>> sayable("caf\udce9.jpg")
    'caf\\udce9.jpg'
    """
    return name.encode("utf-8", "backslashreplace").decode()
