"""Rows of JSON to feature vectors."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from multihot.data import Features, FeatureSpace
from multihot.errors import DataError

LARGEST = float(np.finfo(np.float32).max)


def features_of(rows: Sequence[Sequence[Any] | Mapping[str, Any]], space: FeatureSpace) -> Features:
    """Rows as lists in the order of the features, or as objects by their names; null is a missing value.

    An object may name a nominal feature as the table did that it was read from: `colour` for `colour=red` and
    `colour=blue`, with the text as its value.

    Raises:
        DataError: a row lacks a feature, has too many, or a value is no number; the row is named.

    >>> space = FeatureSpace(3, ("age", "colour=blue", "colour=red"))
    >>> features_of([{"age": 31, "colour": "red"}, [None, 1, 0]], space).dense()
    array([[31.,  0.,  1.],
           [nan,  1.,  0.]])
    """
    values = np.empty((len(rows), space.width))
    for number, row in enumerate(rows):
        try:
            values[number] = _named(row, space) if isinstance(row, Mapping) else _listed(row, space)
        except DataError as error:
            raise DataError(f"features[{number}]: {error}") from error
    return Features(values, space.names)


def columns_of(space: FeatureSpace) -> list[str]:
    """What an object may name: the features, nominal ones by the column they were read from; none without names."""
    return list(dict.fromkeys(name.partition("=")[0] for name in space.names or ()))


def _listed(row: Sequence[Any], space: FeatureSpace) -> list[float]:
    if len(row) != space.width:
        raise DataError(f"expected {space.width} numbers, got {len(row)}")
    return [_number(value, place) for place, value in enumerate(row)]


def _named(row: Mapping[str, Any], space: FeatureSpace) -> list[float]:
    if space.names is None:
        raise DataError(f"the features of this run have no names: send a list of {space.width} numbers")
    return [_of_name(row, name) for name in space.names]


def _of_name(row: Mapping[str, Any], name: str) -> float:
    if name in row:
        return _number(row[name], name)
    column, equals, text = name.partition("=")
    if not equals or column not in row:
        raise DataError(f"the feature {name!r} is missing; null where its value is not known")
    value = row[column]
    return math.nan if value is None else float(str(value).strip() == text)


def _number(value: Any, name: str | int) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool | int | float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if abs(number) <= LARGEST:
            return number
    said = repr(value)
    shown = said if len(said) <= 40 else f"{said[:37]}..."
    raise DataError(f"{name!r} is {shown}, expected a finite number of single precision, or null where it is missing")
