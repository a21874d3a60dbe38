"""Settings of readers and writers, which come by name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from multihot.errors import ArgumentError


def require_options(function: Callable[..., Any], options: Mapping[str, Any], name: str) -> None:
    """Raise an `ArgumentError` for the first option that a format's reader or writer does not have."""
    parameters = inspect.signature(function).parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ArgumentError(f"the format {name!r} has no option {unknown[0]!r}; it has: {', '.join(known) or 'none'}")
