"""Heat maps of the report's examples."""

import base64
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from multihot.explain import explain, heat, shades
from multihot.report import Sections, write_report
from multihot.report.contents import contents
from multihot.run import Run

MakeRun = Callable[..., Run]


def page_of(run: Run) -> str:
    return write_report(run).read_text()


def test_examples_show_where_their_labels_were_seen(make_run: MakeRun, seen_on: Callable[[str], str]) -> None:
    run = make_run(files=True, test=8)
    examples = contents(run, Sections.of(run))["examples"]
    (first, *_) = examples["worst"]
    labels = [*first["hit"], *(entry["label"] for entry in first["missed"] + first["added"])]
    assert (first["heat"].width, first["heat"].height) == (16, 12)
    assert list(first["heat"].maps) == labels
    (explanation,) = explain(run, run.folder / "pictures" / first["id"], labels[:1])
    encoded = first["heat"].maps[labels[0]].removeprefix("data:image/png;base64,")
    with Image.open(BytesIO(base64.b64decode(encoded))) as drawn:
        np.testing.assert_array_equal(np.asarray(drawn), shades(heat(explanation[labels[0]])))
    text = page_of(run)
    assert "point at a label to see where it was seen" in seen_on(text)
    assert text.count('<svg class="heat"') == len(re.findall(r'<li[^>]* tabindex="0">', text)) > 0


def test_maps_are_small(make_run: MakeRun) -> None:
    run = make_run(files=True, names=[f"label {number}" for number in range(40)], density=0.5)
    cards = re.findall(r'<svg class="heat".*?</svg>', page_of(run), re.DOTALL)
    assert len(cards) <= 8 * 24
    assert max(map(len, cards)) < 1500


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_no_maps_where_pictures_are_gone(make_run: MakeRun, change: str) -> None:
    run = make_run(files=True, test=4)
    for path in Path(run.folder / "pictures").iterdir():
        path.unlink() if change == "gone" else path.write_bytes(b"another")
    text = page_of(run)
    assert 'class="heat"' not in text
    assert "point at a label" not in text


def test_no_maps_of_pictures_in_memory(make_run: MakeRun) -> None:
    assert 'class="heat"' not in page_of(make_run(test=4))
