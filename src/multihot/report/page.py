"""All sections joined in one page that needs nothing but itself."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from multihot.pages import Drawn, draw, render
from multihot.report import listed
from multihot.report.contents import contents
from multihot.report.sections import Sections
from multihot.run import PLOTS, REPORT, ListedRun, Run, ScoreEvaluation, write_text


def write_report(run: Run | ListedRun | ScoreEvaluation) -> Path:
    """Write `report.html` and `plots/*.png` into a run directory; what was there stays until the new is complete.

    Args:
        run: a finished run, or evaluated scores; pictures of its examples are read from where they were then.

    Returns:
        The page.

    Raises:
        RunError: a file of the run cannot be read.
    """
    plots, text = _listed_page(run) if isinstance(run, ListedRun) else _page(run)
    _replace_folder(run.folder / PLOTS, {f"{name}.png": plot.png for name, plot in plots.items()})
    write_text(run.folder / REPORT, text)
    return run.folder / REPORT


def _page(run: Run | ScoreEvaluation) -> tuple[dict[str, Drawn], str]:
    sections = Sections.of(run)
    plots = drawn(sections)
    return plots, render("multihot.report", "report.html", plots, **contents(run, sections))


def _listed_page(run: ListedRun) -> tuple[dict[str, Drawn], str]:
    scores = run.scores()
    part = "test" if "test" in scores.parts else "validation"
    shown = scores.part(part)
    sections = listed.sections(run, shown)
    plots = draw(sections)
    return plots, render("multihot.report", "listed.html", plots, **listed.contents(run, shown, part, sections))


def drawn(sections: Sections) -> dict[str, Drawn]:
    """The plots by name; sections with nothing to draw have none."""
    return draw(
        {
            "training": sections.training,
            "cooccurrence": sections.cooccurrence,
            "reliability": sections.reliability,
            "thresholds": sections.thresholds,
            "precision_recall": sections.precision_recall,
        }
    )


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
