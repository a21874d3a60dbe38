"""All sections joined in one page that needs nothing but itself."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from multihot.report import drawing, theme
from multihot.report.contents import contents
from multihot.report.sections import Sections
from multihot.run import PLOTS, REPORT, Run, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawn(NamedTuple):
    """One plot as a file, as an element of the page, and in words."""

    png: bytes
    svg: str
    words: str


class Plotted(Protocol):
    """A section that draws."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        ...

    def plot(self) -> "Figure":
        """The drawing."""
        ...

    def describe(self) -> str:
        """The drawing in words."""
        ...


def write_report(run: Run) -> Path:
    """Write `report.html` and `plots/*.png` into a run directory; what was there stays until the new is complete.

    Args:
        run: a finished run; pictures of its examples are read from where they were when it was trained.

    Returns:
        The page.

    Raises:
        RunError: a file of the run cannot be read.
    """
    sections = Sections.of(run)
    plots = draw(sections)
    text = render(run, sections, plots)
    _replace_folder(run.folder / PLOTS, {f"{name}.png": plot.png for name, plot in plots.items()})
    write_text(run.folder / REPORT, text)
    return run.folder / REPORT


def draw(sections: Sections) -> dict[str, Drawn]:
    """The plots by name; sections with nothing to draw have none."""
    plotted: dict[str, Plotted] = {
        "training": sections.training,
        "cooccurrence": sections.cooccurrence,
        "reliability": sections.reliability,
        "thresholds": sections.thresholds,
        "precision_recall": sections.precision_recall,
    }
    return {name: _draw(name, section) for name, section in plotted.items() if not section.empty}


def _draw(name: str, section: Plotted) -> Drawn:
    figure = section.plot()
    return Drawn(drawing.png(figure), drawing.svg(figure, name), section.describe())


def render(run: Run, sections: Sections, plots: Mapping[str, Drawn]) -> str:
    """The page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("multihot.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": _figure, "percent": _percent}
    template = environment.get_template("page.html")
    return template.render(plots=plots, theme=theme, most_labels=drawing.MOST_LABELS, **contents(run, sections))


def _figure(value: float | None) -> str:
    """A figure with three decimals; a dash where it is undefined."""
    return "–" if value is None or value != value else f"{value:.3f}"


def _percent(value: float) -> str:
    """A probability as a whole percentage, never a certain one."""
    return "<1 %" if value < 0.01 else ">99 %" if value > 0.99 else f"{100 * value:.0f} %"


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a new folder of files in the place of another."""
    new, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    for name, content in files.items():
        (new / name).write_bytes(content)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
