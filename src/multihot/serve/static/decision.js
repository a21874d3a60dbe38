/** How labels are decided: the objective, the thresholds, and what they would have given on validation samples. */
import { post } from "./api.js";
import { byId, digits, make } from "./dom.js";

const CELLS = 50_000;
const SLIDERS = 60;
const MANY = 12;
const SHOWN = [
  ["exact_match", "exact match"],
  ["micro_precision", "precision"],
  ["micro_recall", "recall"],
  ["micro_f1", "F1"],
];

export class Decision {
  /**
   * @param {object} run as /v1/runs has it
   * @param {object[]} labels as /v1/labels has them
   * @param {string} address of /v1/decide for this run
   * @param {() => object[]} samples those that have an answer
   * @param {(samples: object[]) => void} changed called when they were decided again
   */
  constructor(run, labels, address, samples, changed) {
    Object.assign(this, { run, address, samples, changed });
    this.labels = labels.map((label) => label.name);
    this.thresholds = labels.map((label) => label.threshold);
    this.edits = {};
    this.objective = null;
    this.trained = null;
    this.now = null;
    this.asked = Promise.resolve();
  }

  /** Whether it is another one than the run's own. */
  get isOther() {
    return this.objective !== null || Object.keys(this.edits).length > 0;
  }

  async start() {
    byId("decision").hidden = !this.run.adjustable;
    if (!this.run.adjustable) return;
    this.options();
    byId("reset").onclick = () => this.reset();
    byId("filter").oninput = () => this.sliders();
    byId("filter-field").hidden = this.labels.length <= MANY;
    byId("filter").value = "";
    await this.decide([]);
    this.trained = this.now;
    this.sliders();
    this.figures();
  }

  options() {
    const select = byId("objective");
    const own = make("option", { value: "" }, `as trained: ${inWords(this.run.objective, this.run.at_least)}`);
    const others = this.run.objectives.map((name) => make("option", { value: name }, inWords(name, this.run.at_least)));
    select.replaceChildren(own, ...others);
    byId("objective-field").hidden = !others.length;
    select.onchange = () => {
      this.objective = select.value || null;
      this.edits = {};
      this.again();
    };
  }

  reset() {
    this.edits = {};
    this.objective = null;
    byId("objective").value = "";
    this.again();
  }

  /** Decide all samples again; when there is a later wish meanwhile, only that counts. */
  async again() {
    this.wish = (this.wish ?? 0) + 1;
    const wish = this.wish;
    byId("reset").disabled = !this.isOther;
    if (this.working) return;
    this.working = true;
    try {
      const samples = this.samples();
      await this.decide(samples);
      this.sliders();
      this.figures();
      this.changed(samples);
    } catch (error) {
      this.failed(error);
    }
    this.working = false;
    if (wish !== this.wish) this.again();
  }

  failed(error) {
    byId("alert").textContent = error.message;
    byId("alert").hidden = false;
  }

  /**
   * Decide these samples, after all that were asked for before: an answer under an earlier decision never comes last.
   * @param {object[]} samples
   */
  decide(samples) {
    const asked = this.asked.then(() => this.ask(samples));
    this.asked = asked.catch(() => {}); // who waits for this one is told, who waits for the next is not
    return asked;
  }

  /** Ask the server, which keeps relations between labels, for the sets of these samples. */
  async ask(samples) {
    const block = Math.max(1, Math.floor(CELLS / this.labels.length));
    for (let start = 0; start === 0 || start < samples.length; start += block) {
      const some = samples.slice(start, start + block);
      const found = await post(this.address, {
        objective: this.objective,
        thresholds: this.edits,
        probabilities: some.map((sample) => sample.answer.probabilities),
      });
      this.thresholds = found.thresholds;
      this.now = found.validation;
      some.forEach((sample, place) => {
        sample.answer.labels = new Set(found.samples[place].labels);
        sample.answer.unsure = new Set(found.samples[place].unsure);
      });
    }
  }

  figures() {
    const place = byId("figures");
    if (!this.now) return place.replaceChildren(make("p", { className: "hint" }, "no validation samples to measure this on"));
    const caption = make("caption", {}, `on ${this.now.samples.toLocaleString("en")} validation samples`);
    const rows = SHOWN.map(([key, name]) => figure(name, this.now.figures[key], this.trained?.figures[key]));
    return place.replaceChildren(make("table", {}, caption, make("tbody", {}, ...rows)));
  }

  sliders() {
    const wanted = byId("filter").value.toLowerCase();
    const places = this.labels.map((_, place) => place).filter((place) => this.labels[place].toLowerCase().includes(wanted));
    const list = byId("thresholds");
    const shown = places.slice(0, SLIDERS);
    const same = list.children.length === shown.length && shown.every((place, at) => list.children[at].dataset.place === String(place));
    if (!same) list.replaceChildren(...shown.map((place) => this.slider(place)));
    for (const node of list.children) this.fill(node);
    byId("filter-more").hidden = places.length <= SLIDERS;
    byId("filter-more").textContent = `${places.length - SLIDERS} more: find them by name`;
  }

  slider(place) {
    const id = `threshold-${place}`;
    const output = make("output", { for: id });
    const input = make("input", { id, type: "range", min: 0, max: 1, step: 0.005 });
    input.addEventListener("input", () => {
      this.edits = { ...this.edits, [this.labels[place]]: Number(input.value) };
      output.textContent = digits(Number(input.value));
      this.again();
    });
    const label = make("label", { for: id }, make("span", {}, this.labels[place]), output);
    const node = make("li", { className: "threshold" }, label, input, make("p"));
    node.dataset.place = place;
    return node;
  }

  fill(node) {
    const place = Number(node.dataset.place);
    const threshold = this.thresholds[place];
    const input = node.querySelector("input");
    if (document.activeElement !== input || !(this.labels[place] in this.edits)) input.value = threshold;
    node.querySelector("output").textContent = digits(threshold);
    node.classList.toggle("changed", this.labels[place] in this.edits);
    const measured = this.now?.labels[place];
    node.querySelector("p").textContent = measured ? told(measured) : "";
  }
}

function inWords(objective, least) {
  if (objective === "precision" || objective === "recall") return `${objective} at least ${least}`;
  return objective === "fixed" ? "0.5 for all" : objective.replaceAll("_", " ");
}

function told({ precision, recall, support }) {
  if (!support) return "no validation sample has it";
  return `precision ${precision === null ? "–" : digits(precision)}, recall ${digits(recall)}, of ${support.toLocaleString("en")}`;
}

function figure(name, value, before) {
  const heading = make("th", { scope: "row" }, name);
  const now = make("td", { className: "number" }, value === null ? "–" : value.toFixed(3));
  const change = make("td", { className: "number change" });
  const difference = (value ?? 0) - (before ?? 0);
  if (Math.abs(difference) >= 0.0005) {
    change.textContent = `${difference > 0 ? "+" : "−"}${Math.abs(difference).toFixed(3)}`;
    change.classList.add(difference > 0 ? "more" : "less");
  }
  return make("tr", {}, heading, now, change);
}
