"""The order of labels in a few digits."""

import hashlib
import json
from collections.abc import Sequence


def order_hash(names: Sequence[str]) -> str:
    """64 bits (hexadecimal) that change whenever a name or the order changes.

    >>> order_hash(["black", "jeans"]), order_hash(["jeans", "black"])
    ('82f5776d9a119279', '02f1a3b3b7c5d81d')
    """
    text = json.dumps(list(names), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
