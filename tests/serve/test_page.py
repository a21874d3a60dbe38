"""The page in a browser: what a person does with it."""

import contextlib
import csv
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from multihot.explain import explain
from multihot.report import write_report
from multihot.run import Run
from multihot.serve import Runs, ServeSettings, create_app

Open = Callable[..., Page]
HEADER = "height,weight,colour\n"
expect.set_options(timeout=20_000)  # a busy machine is no error of the page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium; the packages of the test command bring what drives it."""
    # A click may fall beside a button that a smooth scroll still moves: Playwright does not wait for its end.
    flags = ["--no-sandbox", "--disable-smooth-scrolling"]
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium to look at the page with (apt install chromium)")
    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=path, args=flags)) as launched,
    ):
        yield launched


@contextlib.contextmanager
def served(paths: dict[str, Path], **settings: Any) -> Iterator[str]:
    app = create_app(Runs(paths, ServeSettings(**settings)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def address(shapes_run: Run, vectors_run: Run) -> Iterator[str]:
    with served({"shapes": shapes_run.folder, "vectors": vectors_run.folder}) as started:
        yield started


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Open]:
    """A function that opens the page; nothing may go wrong on it, and nothing may be asked for elsewhere."""
    complaints: list[str] = []
    with contextlib.ExitStack() as stack:

        def start(at: str = address, **options: Any) -> Page:
            context = stack.enter_context(contextlib.closing(browser.new_context(accept_downloads=True, **options)))
            page = context.new_page()
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda sent: sent.url.startswith((at, "blob:")) or complaints.append(sent.url))
            page.goto(at)
            expect(page.locator("#thresholds li").first).to_be_attached()
            return page

        yield start
    assert complaints == []


def give(page: Page, files: list[Path]) -> None:
    page.set_input_files("#files", files)
    expect(page.locator("#cancel")).to_be_hidden()


def chips(page: Page, row: int) -> list[str]:
    return page.locator(".sample").nth(row).locator(".chip:not(.unsure)").all_inner_texts()


def slide(page: Page, label: str, threshold: float) -> None:
    page.get_by_role("slider", name=label).fill(str(threshold))


def test_pictures_get_their_label_sets_and_a_bar_a_label(opened: Open, shapes_run: Run, pictures: list[Path]) -> None:
    page = opened()
    give(page, pictures)
    rows = page.locator(".sample")
    expect(rows).to_have_count(3)
    for row, label_set in enumerate(shapes_run.predict(pictures)):
        expect(rows.nth(row).locator(".name")).to_have_text(Path(label_set.id).name)
        expect(rows.nth(row).locator(".bars li")).to_have_count(len(shapes_run.space))
        given = rows.nth(row).locator(".bars li.given .label").all_inner_texts()
        assert set(given) == set(label_set.labels)
        assert set(chips(page, row)) <= set(label_set.labels)
    expect(rows.first.locator("img")).to_be_visible()


def test_pictures_can_be_dropped(opened: Open, pictures: list[Path]) -> None:
    page = opened()
    content = list(pictures[0].read_bytes())
    page.locator("#drop").evaluate(
        """(target, content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(content)], "dropped.png", { type: "image/png" }));
          target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
        }""",
        content,
    )
    expect(page.locator(".sample .name")).to_have_text("dropped.png")
    expect(page.locator(".sample .bars li").first).to_be_visible()


def test_a_picture_that_cannot_be_read_says_why(opened: Open, pictures: list[Path], tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(pictures[0].read_bytes()[:50])
    page = opened()
    give(page, [pictures[0], torn])
    expect(page.locator(".sample").nth(1).locator(".wrong")).to_contain_text("truncated")
    expect(page.locator("#progress-text")).to_have_text("2 samples, 1 not read")


def test_a_threshold_changes_sets_and_figures_at_once_and_back(opened: Open, pictures: list[Path]) -> None:
    page = opened()
    give(page, pictures)
    red = page.locator(".sample").first.locator(".bars li", has_text="red")
    recall = page.locator("#figures tr", has_text="recall").locator("td").first
    before = recall.inner_text()
    expect(red).to_have_class("score given")
    slide(page, "red", 1)
    expect(red).not_to_have_class("score given")
    expect(recall).not_to_have_text(before)
    expect(page.locator(".threshold.changed")).to_contain_text("recall 0.00")
    page.get_by_role("button", name="As trained").click()
    expect(red).to_have_class("score given")
    expect(recall).to_have_text(before)


def test_an_earlier_decision_that_comes_late_does_not_count(opened: Open, pictures: list[Path]) -> None:
    page = opened()
    held: list[Route] = []
    slide(page, "red", 1)
    expect(page.locator(".threshold.changed")).to_contain_text("recall 0.00")
    page.route("**/v1/decide*", lambda route: route.continue_() if held else held.append(route))
    page.set_input_files("#files", pictures)
    while not held:
        page.wait_for_timeout(10)
    page.get_by_role("button", name="As trained").click()
    page.wait_for_timeout(300)
    with page.expect_response("**/v1/decide*"):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator(".sample").first.locator(".bars li", has_text="red")).to_have_class("score given")


def test_another_objective_moves_the_thresholds(opened: Open, vectors_run: Run) -> None:
    page = opened()
    page.locator("#run").select_option("vectors")
    slider = page.get_by_role("slider", name="tall")
    before = slider.input_value()
    page.get_by_label("Objective").select_option("recall")
    expect(slider).not_to_have_value(before)
    expect(page.get_by_label("Objective").locator("option:checked")).to_have_text("recall at least 0.9")


def test_rows_are_pasted_and_relations_kept(opened: Open) -> None:
    page = opened()
    page.locator("#run").select_option("vectors")
    page.get_by_label("Rows of features").fill(HEADER + "3,3,red\n-3,,blue\n")
    page.get_by_role("button", name="Predict").click()
    given = page.locator(".sample").first.locator(".bars li.given .label")
    expect(given).to_have_text(["tall", "heavy"])
    slide(page, "tall", 1)
    slide(page, "heavy", 1)
    expect(given).to_have_count(0)
    slide(page, "heavy", 0)
    expect(page.locator(".threshold.changed")).to_have_count(2)
    assert given.all_inner_texts() in ([], ["tall", "heavy"])


def test_rows_that_are_none_are_told(opened: Open) -> None:
    page = opened()
    page.locator("#run").select_option("vectors")
    page.get_by_label("Rows of features").fill("1,2\n")
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("alert")).to_have_text("row 1 has 2 values, expected 3")


def test_downloads_hold_what_is_decided_now(opened: Open, pictures: list[Path], shapes_run: Run) -> None:
    page = opened()
    give(page, pictures)
    slide(page, "red", 1)
    expect(page.locator(".threshold.changed")).to_contain_text("recall 0.00")
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(Path(table.value.path()).read_text().splitlines()))
    assert [row["id"] for row in rows] == [path.name for path in pictures]
    assert all("red" not in row["labels"].split("|") for row in rows)
    with page.expect_download() as text:
        page.get_by_role("button", name="JSON").click()
    values = json.loads(Path(text.value.path()).read_text())
    assert values["thresholds"]["red"] == 1
    assert list(values["samples"][0]["probabilities"]) == list(shapes_run.space)


def test_details_open_and_close_by_keyboard(opened: Open, pictures: list[Path]) -> None:
    page = opened()
    give(page, pictures)
    button = page.get_by_role("button", name="Details of 3.png").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="3.png")
    expect(dialog.get_by_role("img")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


HOTTEST = """canvas => {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let most = 0;
  for (let place = 3; place < data.length; place += 4) if (data[place] > data[most + 3]) most = place - 3;
  return [Math.floor(most / 4) % width / width, Math.floor(most / 4 / width) / height];
}"""


def test_the_heat_map_of_the_label_under_the_pointer_or_focus(
    opened: Open, pictures: list[Path], shapes_run: Run
) -> None:
    page = opened()
    give(page, pictures[1:2])
    page.get_by_role("button", name="Details of 3.png").click()
    dialog = page.get_by_role("dialog", name="3.png")
    picture, told = dialog.locator(".lit"), dialog.get_by_role("status")
    canvas = picture.locator("canvas")
    expect(canvas).to_be_hidden()
    expect(told).to_contain_text("Point at a label")
    dialog.locator("li", has_text="disc").hover()
    expect(canvas).to_be_visible()
    expect(told).to_contain_text("disc: the")
    (explanation,) = explain(shapes_run, pictures[1], ["disc"])
    row, column = np.unravel_index(int(explanation["disc"].argmax()), (8, 8))
    across, down = canvas.evaluate(HOTTEST)
    assert (across, down) == pytest.approx(((column + 0.5) / 8, (row + 0.5) / 8), abs=0.07)
    assert canvas.bounding_box() == dialog.get_by_role("img").bounding_box()
    dialog.get_by_role("heading").hover()
    expect(canvas).to_be_hidden()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name=shapes_run.space.names[0])).to_be_focused()
    expect(canvas).to_be_visible()
    expect(told).to_contain_text(f"{shapes_run.space.names[0]}: ")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_maps_are_asked_for_once(opened: Open, pictures: list[Path]) -> None:
    page = opened()
    give(page, pictures[:1])
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "explain" in sent.url else None)
    page.get_by_role("button", name="Details of 3.png").click()
    dialog = page.get_by_role("dialog")
    for label in ("disc", "red", "disc"):
        dialog.locator("li", has_text=label).hover()
        expect(dialog.get_by_role("status")).to_contain_text(f"{label}: ")
    assert len(asked) == 1


def test_no_heat_maps_of_vectors_and_exported_files(
    opened: Open, browser: Browser, exported: Path, pictures: list[Path]
) -> None:
    page = opened()
    page.locator("#run").select_option("vectors")
    page.get_by_label("Rows of features").fill(HEADER + "3,3,red\n")
    page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Details of row 1").click()
    expect(page.get_by_role("dialog").locator("li").first).to_be_visible()
    expect(page.locator("#detail-seen")).to_be_hidden()
    assert page.locator("#detail-bars button").count() == 0
    with served({"file": exported}) as at:
        page = opened(at)
        give(page, pictures[:1])
        page.get_by_role("button", name="Details of 3.png").click()
        expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
        expect(page.locator("#detail-seen")).to_be_hidden()
        assert page.locator("#detail-bars button").count() == 0


def test_everything_can_be_reached_by_keyboard(opened: Open) -> None:
    page = opened()
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"run", "about", "files", "objective", "threshold-0"} <= reached
    page.locator("#threshold-0").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".threshold.changed")).to_have_count(1)


def test_500_pictures_are_few_rows_and_can_be_cancelled(opened: Open, pictures: list[Path], tmp_path: Path) -> None:
    copies = [tmp_path / f"{number:03}.png" for number in range(500)]
    for copy in copies:
        copy.write_bytes(pictures[0].read_bytes())
    page = opened(viewport={"width": 1000, "height": 800})
    give(page, copies)
    expect(page.locator("#progress-text")).to_have_text("500 samples")
    assert page.locator(".sample").count() < 30
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator(".sample", has_text="499.png")
    expect(last.locator(".bars li").first).to_be_visible()
    assert last.get_attribute("aria-posinset") == "500"
    page.set_input_files("#files", copies)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#progress-text")).to_contain_text("1,000 samples,")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".sample")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_no_width_needs_scrolling_sideways(opened: Open, pictures: list[Path], width: int) -> None:
    page = opened(viewport={"width": width, "height": 700})
    give(page, pictures)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "row => row.lastChild.lastChild.getBoundingClientRect().bottom - row.getBoundingClientRect().bottom"
    assert page.locator(".sample").first.evaluate(inside) <= 0


def test_dark_is_dark(opened: Open) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert opened(color_scheme="dark").evaluate(colour) != opened(color_scheme="light").evaluate(colour)


def test_a_browser_gives_the_token_as_password(browser: Browser, opened: Open, shapes_run: Run) -> None:
    with served({"shapes": shapes_run.folder}, tokens=["secret"]) as at:
        page = opened(at, http_credentials={"username": "", "password": "secret"})
        expect(page.get_by_role("heading", level=1)).to_have_text("shapes")
        with contextlib.closing(browser.new_context()) as stranger:
            assert stranger.request.get(at).status == 401


def test_the_report_runs_only_the_script_that_is_known(browser: Browser, shapes_run: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shapes_run.folder, tmp_path / "run"))
    report = write_report(Run.load(folder))
    report.write_text(report.read_text() + "<script>document.title = 'run'</script>")
    with served({"run": folder}) as at, contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"{at}report")
        expect(page.locator("table[data-sortable] thead button").first).to_be_attached()
        assert page.title() != "run"
