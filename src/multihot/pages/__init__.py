"""Pages: the look that report, inspection and audit share, each page one file that needs nothing but itself."""

from multihot.pages.page import Drawn, Plotted, draw, render
from multihot.pages.thumbnails import shrunk, thumbnail, unchanged

__all__ = ["Drawn", "Plotted", "draw", "render", "shrunk", "thumbnail", "unchanged"]
