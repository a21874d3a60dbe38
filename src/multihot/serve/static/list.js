/** A list of any length of which only what is in sight is in the page; all rows are of one height. */
import { make } from "./dom.js";

const BEYOND = 4;

export class List {
  /**
   * @param {HTMLElement} element where the rows go
   * @param {(item: object) => Node[]} draw what a row holds
   * @param {(item: object) => void} gone called when a row leaves the page
   */
  constructor(element, draw, gone) {
    Object.assign(this, { element, draw, gone });
    this.items = [];
    this.rows = new Map();
    this.height = 0;
    const later = () => (this.asked ??= requestAnimationFrame(() => this.show()));
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", () => ((this.height = 0), later()));
    this.later = later;
  }

  /** Draw again: all, or the rows of some items. */
  refresh(items = null) {
    const some = items && new Set(items);
    for (const [place, node] of this.rows) if (!some || some.has(this.items[place])) this.fill(node, place);
    this.later();
  }

  clear() {
    for (const place of [...this.rows.keys()]) this.remove(place);
    this.items = [];
    this.show();
  }

  show() {
    this.asked = undefined;
    if (!this.items.length) {
      this.element.style.height = "";
      return;
    }
    this.height ||= this.measured();
    this.element.style.height = `${this.height * this.items.length}px`;
    const top = -this.element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / this.height) - BEYOND);
    const last = Math.min(this.items.length, Math.ceil((top + innerHeight) / this.height) + BEYOND);
    for (const [place, node] of this.rows) {
      if ((place < first || place >= last) && !node.contains(document.activeElement)) this.remove(place);
      else node.style.top = `${place * this.height}px`;
    }
    for (let place = first; place < last; place += 1) if (!this.rows.has(place)) this.add(place);
  }

  add(place) {
    const node = make("li", { className: "sample", "aria-posinset": place + 1 });
    node.style.top = `${place * this.height}px`;
    this.fill(node, place);
    this.rows.set(place, node);
    const next = [...this.rows.keys()].filter((other) => other > place);
    this.element.insertBefore(node, next.length ? this.rows.get(Math.min(...next)) : null);
  }

  fill(node, place) {
    const focused = node.contains(document.activeElement);
    node.setAttribute("aria-setsize", this.items.length);
    node.replaceChildren(...this.draw(this.items[place]));
    if (focused) node.querySelector("button")?.focus();
  }

  remove(place) {
    this.rows.get(place).remove();
    this.rows.delete(place);
    this.gone(this.items[place]);
  }

  measured() {
    const probe = make("li", { className: "sample" });
    this.element.append(probe);
    const { height } = probe.getBoundingClientRect();
    probe.remove();
    return height;
  }
}
