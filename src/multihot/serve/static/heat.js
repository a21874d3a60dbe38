/** Where a label was seen: its heat map over the picture, while the pointer or the focus is on the label. */
import { ask } from "./api.js";
import { byId, make } from "./dom.js";

const TOGETHER = 16;
const BEFORE_ASKING = 120;
const FINER = 16;
/** The colours of multihot.explain.drawing, from cool to hot. */
const COLOURS = [[106, 23, 110], [155, 41, 100], [202, 64, 74], [235, 102, 40], [251, 155, 6], [246, 215, 70]];
const MOST_OPAQUE = 0.85;
const IDLE = "Point at a label, or go to it with the Tab key, to see where it was seen.";
const SAYS = { exact: "speaks for it most", attention: "is looked at most", gradient: "speaks for it most" };

export class HeatMaps {
  /**
   * @param {string} method of the run: "exact", "attention" or "gradient"
   * @param {string[]} labels in their order
   * @param {string} address of /v1/explain for this run
   */
  constructor(method, labels, address) {
    Object.assign(this, { method, labels, address });
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.bars = byId("detail-bars");
    this.pointed = this.focused = this.shown = undefined;
    const label = (event) => event.target.closest("li")?.querySelector(".label").textContent;
    this.bars.onpointerover = (event) => this.look({ pointed: label(event) });
    this.bars.onpointerleave = () => this.look({ pointed: undefined });
  }

  /** Begin with a picture: what is to be put into the figure in its place. */
  open(sample, image) {
    this.sample = sample;
    sample.maps ??= new Map();
    this.box = make("div", { className: "lit" }, image, this.canvas);
    this.look({ pointed: undefined, focused: undefined });
    return this.box;
  }

  /** Labels that can be reached by keyboard, in the place of those that cannot. */
  mark() {
    for (const name of this.bars.querySelectorAll(".label")) {
      const label = name.textContent;
      const button = make("button", { className: "label", type: "button", title: label, "aria-describedby": "detail-seen" }, label);
      button.onfocus = () => this.look({ focused: label });
      button.onblur = () => this.look({ focused: undefined });
      name.replaceWith(button);
    }
  }

  look(changed) {
    Object.assign(this, changed);
    this.shown = this.pointed ?? this.focused;
    this.show(this.sample, this.shown).catch((error) => this.say(`No heat map: ${error.message}`));
  }

  async show(sample, label) {
    const still = () => sample === this.sample && label === this.shown;
    if (label !== undefined && !sample.maps.has(label)) {
      await new Promise((resolve) => setTimeout(resolve, BEFORE_ASKING));
      if (!still()) return;
      this.fetch(sample, label);
    }
    const map = label === undefined ? undefined : await sample.maps.get(label);
    if (!still()) return;
    const most = map ? Math.max(...map.flat()) : 0;
    this.box.classList.toggle("on", map !== undefined);
    if (map) this.draw(map.map((row) => row.map((value) => (most > 0 ? Math.max(value / most, 0) : 0))));
    this.say(map ? said(label, map, most, this.method) : IDLE);
  }

  /** Ask for a label, and with it for its neighbours where that costs no more. */
  fetch(sample, label) {
    const place = this.labels.indexOf(label);
    const first = place - (place % TOGETHER);
    const all = this.method === "gradient" ? [label] : this.labels.slice(first, first + TOGETHER);
    const form = new FormData();
    form.append("image", sample.file, sample.id);
    const query = all.map((name) => `&label=${encodeURIComponent(name)}`).join("");
    const answer = ask(this.address + query, { method: "POST", body: form }).then((found) => {
      if (found.error) throw new Error(found.error);
      return found.maps;
    });
    for (const name of all) {
      const map = answer.then((maps) => maps[name]);
      map.catch(() => sample.maps.delete(name));
      sample.maps.set(name, map);
    }
  }

  draw(heat) {
    const [height, width] = [FINER * heat.length, FINER * heat[0].length];
    Object.assign(this.canvas, { height, width });
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        image.data.set(colour(between(heat, (y + 0.5) / FINER - 0.5, (x + 0.5) / FINER - 0.5)), 4 * (y * width + x));
      }
    }
    context.putImageData(image, 0, 0);
  }

  say(text) {
    byId("detail-seen").textContent = text;
  }
}

/** The heat between cells, of which the outermost go on to the edges. */
function between(heat, y, x) {
  const inside = (at, end) => Math.min(Math.max(at, 0), end - 1);
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row, column) => heat[inside(row, heat.length)][inside(column, heat[0].length)];
  const [down, right] = [y - top, x - left];
  const above = (1 - right) * at(top, left) + right * at(top, left + 1);
  return (1 - down) * above + down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

function colour(heat) {
  const place = Math.min(heat, 1) * (COLOURS.length - 1);
  const low = Math.min(Math.floor(place), COLOURS.length - 2);
  const mixed = COLOURS[low].map((part, channel) => part + (place - low) * (COLOURS[low + 1][channel] - part));
  return [...mixed, 255 * MOST_OPAQUE * heat ** 0.7];
}

/** What is to be seen, in words. */
function said(label, map, most, method) {
  if (most <= 0) return `${label}: no place in the picture speaks for it.`;
  const row = map.findIndex((values) => values.includes(most));
  const [down, across] = [third(row, map.length), third(map[row].indexOf(most), map[row].length)];
  const vertical = ["top", "middle", "bottom"][down];
  const horizontal = ["left", "centre", "right"][across];
  const where = down === 1 && across === 1 ? "centre" : `${vertical} ${horizontal}`;
  return `${label}: the ${where} ${SAYS[method]}.`;
}

const third = (at, cells) => Math.min(Math.floor((3 * (at + 0.5)) / cells), 2);
