/** What was found, as files: as it is decided now. */
import { make } from "./dom.js";

export function toJson(samples, decision, run) {
  const about = { run: run.name, objective: decision.objective ?? run.objective, thresholds: pairs(decision.labels, decision.thresholds) };
  return JSON.stringify({ ...about, samples: samples.map((sample) => one(sample, decision.labels)) }, null, 1);
}

export function toCsv(samples, labels) {
  const joined = labels.some((label) => label.includes("|")) ? JSON.stringify : (names) => names.join("|");
  const lines = samples.map((sample) => {
    const { id, labels: given, unsure, error, probabilities } = one(sample, labels);
    return [id, joined(given), joined(unsure), error ?? "", ...labels.map((label) => probabilities[label] ?? "")];
  });
  const header = ["id", "labels", "unsure", "error", ...labels.map((label) => `probability.${label}`)];
  return [header, ...lines].map((line) => line.map(cell).join(",")).join("\n") + "\n";
}

export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function one({ id, answer, error }, labels) {
  if (!answer) return { id, labels: [], unsure: [], probabilities: {}, error: error ?? "not done" };
  const of = (set) => labels.filter((label) => set.has(label));
  return { id, labels: of(answer.labels), unsure: of(answer.unsure), probabilities: pairs(labels, answer.probabilities), error: null };
}

const pairs = (names, values) => Object.fromEntries(names.map((name, place) => [name, values[place]]));
const cell = (value) => (/[",\n\r]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
