/** The page: what is served, what was given to it, and what came of it. */
import { ask } from "./api.js";
import { Decision } from "./decision.js";
import { byId, counted } from "./dom.js";
import { save, toCsv, toJson } from "./download.js";
import { onPictures } from "./dropped.js";
import { HeatMaps } from "./heat.js";
import { Intake } from "./intake.js";
import { List } from "./list.js";
import { parseRows } from "./rows.js";
import { bars, letGo, picture, row, sets } from "./sample.js";

let run, limits, decision, intake, open, heat;
let samples = [];
const view = { open: detail, labels: [], thresholds: [] };
const list = new List(byId("list"), (sample) => row(sample, view), (sample) => sample !== open && letGo(sample));

function alert(message) {
  byId("alert").textContent = message;
  byId("alert").hidden = !message;
}

async function start() {
  const served = await ask("v1/runs");
  limits = served.limits;
  byId("footer").textContent = `multihot ${served.version}`;
  byId("run").replaceChildren(...served.runs.map(({ name }) => new Option(name, name)));
  byId("runs").hidden = served.runs.length < 2;
  const choose = (name) => use(served.runs.find((other) => other.name === name)).catch((error) => alert(error.message));
  byId("run").addEventListener("change", (event) => choose(event.target.value));
  await choose(served.runs[0].name);
}

async function use(chosen) {
  run = chosen;
  const query = `?run=${encodeURIComponent(run.name)}`;
  const { labels } = await ask(`v1/labels${query}`);
  intake?.cancel();
  clear();
  decision = new Decision(run, labels, `v1/decide${query}`, () => samples.filter((sample) => sample.answer), decided);
  heat = run.explains ? new HeatMaps(run.explains, decision.labels, `v1/explain${query}`) : undefined;
  intake = new Intake(limits, run.kind, decision.labels, `v1/predict${query}`, answered);
  view.labels = decision.labels;
  view.thresholds = decision.thresholds;
  describe(query);
  await decision.start();
}

function describe(query) {
  const pictures = run.kind === "pictures";
  byId("title").textContent = run.name;
  document.title = `${run.name} · multihot`;
  byId("subtitle").textContent = `${counted(run.labels, "label")}${run.objective ? `, decided for ${run.objective.replaceAll("_", " ")}` : ""}`;
  byId("report").href = `report${query}`;
  byId("report").hidden = !run.report;
  byId("about").href = `v1/run${query}`;
  byId("intake-pictures").hidden = !pictures;
  byId("intake-features").hidden = pictures;
  byId("list").classList.toggle("rows-only", !pictures);
  const columns = run.features ?? [];
  byId("rows-hint").textContent = columns.length
    ? `one a line, with a line of names above or in this order: ${columns.slice(0, 8).join(", ")}${columns.length > 8 ? `, … (${columns.length})` : ""}`
    : `one a line, ${run.width} numbers each`;
}

function add(more) {
  alert("");
  for (const sample of more) samples.push(sample);
  list.items = samples;
  list.later();
  document.body.classList.add("filled");
  byId("toolbar").hidden = false;
  intake.add(more);
  progress();
}

/** Some have an answer or an error: where the decision is another than the run's own, they are decided by it first. */
async function answered(some) {
  const read = some.filter((sample) => sample.answer);
  if (decision.isOther && read.length) await decision.decide(read).catch((error) => alert(error.message));
  list.refresh(some);
  progress();
}

function decided(some) {
  view.thresholds = decision.thresholds;
  list.refresh(some);
  if (open) fillDetail();
}

function progress() {
  const done = samples.filter((sample) => sample.answer || sample.error).length;
  const failed = samples.filter((sample) => sample.error).length;
  const left = samples.length - done;
  const unread = failed ? `, ${failed.toLocaleString("en")} not read` : "";
  byId("progress-text").textContent = left ? `${done} of ${counted(samples.length, "sample")}` : `${counted(done, "sample")}${unread}`;
  byId("progress").value = samples.length ? done / samples.length : 0;
  byId("progress").hidden = !left;
  byId("cancel").hidden = !left;
}

function clear() {
  list.clear();
  samples = [];
  byId("toolbar").hidden = true;
  document.body.classList.remove("filled");
}

function detail(sample) {
  open = sample;
  byId("detail-title").textContent = sample.id;
  const image = sample.file && picture(sample, sample.id).firstChild;
  const lit = image && heat ? heat.open(sample, image) : image;
  byId("detail-figure").replaceChildren(...(lit ? [lit] : []));
  byId("detail-seen").hidden = !lit || !heat;
  fillDetail();
  byId("detail").showModal();
}

function fillDetail() {
  byId("detail-sets").replaceChildren(sets(open.answer, view.labels));
  byId("detail-bars").replaceChildren(...bars(open, view.labels, view.thresholds, view.labels.length));
  if (open.file) heat?.mark();
}

onPictures((files) => {
  if (run?.kind === "pictures") add(files.map((file) => ({ id: file.webkitRelativePath || file.name, file })));
});
byId("intake-features").addEventListener("submit", (event) => {
  event.preventDefault();
  try {
    const rows = parseRows(byId("rows").value, run.features ?? [], run.width);
    add(rows.map((values, place) => ({ id: `row ${samples.length + place + 1}`, row: values })));
  } catch (error) {
    alert(error.message);
  }
});
byId("cancel").addEventListener("click", () => intake.cancel());
byId("clear").addEventListener("click", () => (intake.cancel(), clear()));
byId("csv").addEventListener("click", () => save(`${run.name}.csv`, "text/csv", toCsv(samples, decision.labels)));
byId("json").addEventListener("click", () => save(`${run.name}.json`, "application/json", toJson(samples, decision, run)));
byId("decision-panel").open = !matchMedia("(max-width: 60rem)").matches;
byId("detail-close").addEventListener("click", () => byId("detail").close());
byId("detail").addEventListener("close", () => (open = undefined));
start().catch((error) => alert(error.message));
