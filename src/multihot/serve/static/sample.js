/** One sample: its label set, unsure labels apart, and a bar a label with the threshold marked. */
import { digits, make } from "./dom.js";

export const SHOWN = 9;

/** Labels in their order where all fit; else those given, then unsure, then the likeliest. */
export function chosen(answer, labels, most) {
  const places = labels.map((_, place) => place);
  if (places.length <= most) return places;
  const rank = (place) => 2 * answer.labels.has(labels[place]) + answer.unsure.has(labels[place]) + answer.probabilities[place];
  return places.sort((a, b) => rank(b) - rank(a)).slice(0, most);
}

export function sets(answer, labels) {
  const sure = labels.filter((label) => answer.labels.has(label) && !answer.unsure.has(label));
  const unsure = labels.filter((label) => answer.unsure.has(label));
  const line = make("div", { className: "sets" });
  if (answer.labels.size === 0) line.append(make("span", { className: "nothing" }, "no label"));
  line.append(...sure.map((label) => make("span", { className: "chip" }, label)));
  if (unsure.length) {
    line.append(make("span", { className: "apart" }, "unsure:"));
    line.append(...unsure.map((label) => make("span", { className: "chip unsure" }, `${label} – ${answer.labels.has(label) ? "given" : "not given"}`)));
  }
  return line;
}

export function bar(answer, labels, thresholds, place) {
  const [label, share, threshold] = [labels[place], answer.probabilities[place], thresholds[place]];
  const given = answer.labels.has(label);
  const unsure = answer.unsure.has(label);
  const cut = threshold === null ? [] : [make("b")];
  const track = make("div", { className: "track", "aria-hidden": "true" }, make("i"), ...cut);
  track.style.setProperty("--share", share);
  if (threshold !== null) track.style.setProperty("--threshold", threshold);
  const said = `${given ? "given" : "not given"}${unsure ? ", unsure" : ""}${threshold === null ? "" : `, threshold ${digits(threshold)}`}`;
  const value = make("span", { className: "value" }, digits(share), make("span", { className: "sr" }, ` ${said}`));
  const name = make("span", { className: "label", title: label }, label);
  return make("li", { className: `score${given ? " given" : ""}${unsure ? " unsure" : ""}` }, name, value, track);
}

export function bars(sample, labels, thresholds, most) {
  return chosen(sample.answer, labels, most).map((place) => bar(sample.answer, labels, thresholds, place));
}

/** The row of a sample in the list. */
export function row(sample, view) {
  const header = make("header", {}, make("p", { className: "name", title: sample.id }, sample.id));
  const told = make("div", { className: "told" }, header);
  if (sample.answer) {
    const open = make("button", { className: "button small", "aria-label": `Details of ${sample.id}` }, "Details");
    open.addEventListener("click", () => view.open(sample));
    header.append(open);
    const shown = make("ul", { className: "bars" }, ...bars(sample, view.labels, view.thresholds, SHOWN));
    told.append(sets(sample.answer, view.labels), shown);
  } else if (sample.error) told.append(make("p", { className: "wrong" }, sample.error));
  else told.append(make("p", { className: "sets nothing" }, "waiting"));
  return sample.file ? [picture(sample), told] : [told];
}

/** The sample's picture; it is shown from memory, and let go when it leaves the page. */
export function picture(sample, alt = "") {
  const box = make("div", { className: "thumb" });
  sample.url ??= URL.createObjectURL(sample.file);
  const image = make("img", { src: sample.url, alt, decoding: "async" });
  image.addEventListener("error", () => box.replaceChildren("no preview"));
  box.append(image);
  return box;
}

export function letGo(sample) {
  if (sample.url) URL.revokeObjectURL(sample.url);
  sample.url = undefined;
}
