/** Sends samples to the server, a few requests at a time, and hands back what it says of each. */
import { ask, post } from "./api.js";

const TOGETHER = 8;
const AT_ONCE = 2;

export class Intake {
  /**
   * @param {object} limits what a request may hold
   * @param {string} kind what the run takes: "pictures" or "features"
   * @param {string[]} labels in their order
   * @param {string} address of /v1/predict for this run
   * @param {(samples: object[]) => Promise<void> | void} answered called when some have `answer` or `error`
   */
  constructor(limits, kind, labels, address, answered) {
    Object.assign(this, { limits, kind, labels, address, answered });
    this.waiting = [];
    this.running = 0;
    this.stop = new AbortController();
  }

  add(samples) {
    this.waiting.push(...samples);
    while (this.running < AT_ONCE && this.waiting.length) this.work();
  }

  cancel() {
    this.stop.abort();
    this.stop = new AbortController();
    const left = this.waiting.splice(0);
    for (const sample of left) sample.error = "cancelled";
    this.answered(left);
  }

  async work() {
    this.running += 1;
    while (this.waiting.length) {
      const samples = this.next();
      try {
        const found = await this.send(samples, this.stop.signal);
        samples.forEach((sample, place) => take(sample, found.samples[place], this.labels));
      } catch (error) {
        const said = error.name === "AbortError" ? "cancelled" : error.message;
        for (const sample of samples) sample.error = said;
      }
      await this.answered(samples);
    }
    this.running -= 1;
  }

  /** As many as a request may hold; at least one, which the server may refuse. */
  next() {
    if (this.kind === "features") return this.waiting.splice(0, this.limits.max_rows);
    const room = 0.9 * this.limits.max_bytes;
    const most = Math.min(TOGETHER, this.limits.max_images);
    let bytes = 0;
    const fits = this.waiting.findIndex((sample, place) => (bytes += sample.file.size) > room || place >= most);
    return this.waiting.splice(0, fits < 0 ? this.waiting.length : Math.max(fits, 1));
  }

  send(samples, signal) {
    if (this.kind === "features") {
      const rows = { features: samples.map((sample) => sample.row), ids: samples.map((sample) => sample.id) };
      return post(this.address, rows, signal);
    }
    const form = new FormData();
    for (const sample of samples) form.append("images", sample.file, sample.id);
    return ask(this.address, { method: "POST", body: form, signal });
  }
}

function take(sample, said, labels) {
  if (said.error) {
    sample.error = said.error;
    return;
  }
  const probabilities = labels.map((label) => said.probabilities[label]);
  sample.answer = { probabilities, labels: new Set(said.labels), unsure: new Set(said.unsure) };
}
