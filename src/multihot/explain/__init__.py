"""Why this label: a heat map per label of a picture.

`maps` finds the places that a label was seen at, by `exact` sums, attention or `gradient`; `drawing` lays them over the
picture.
"""

from multihot.explain.drawing import over, shades
from multihot.explain.explaining import explain
from multihot.explain.explanation import Explanation, heat
from multihot.explain.files import write_heat_maps
from multihot.explain.maps import LabelMaps, Method, can_explain, has_places, label_maps, method_of

__all__ = [
    "Explanation",
    "LabelMaps",
    "Method",
    "can_explain",
    "explain",
    "has_places",
    "heat",
    "label_maps",
    "method_of",
    "over",
    "shades",
    "write_heat_maps",
]
