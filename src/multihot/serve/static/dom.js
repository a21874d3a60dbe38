/** Elements of the page by their id. */
export const byId = (id) => document.getElementById(id);

/** A new element: properties as they are named in the DOM, `aria-...` as attributes, then what is in it. */
export function make(tag, properties = {}, ...contents) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...contents);
  return node;
}

/** A share in [0, 1] with two digits; never a certain one. */
export function digits(share) {
  if (share > 0.995 && share < 1) return ">.99";
  return share < 0.005 && share > 0 ? "<.01" : share.toFixed(2);
}

/** How many, in the singular or the plural. */
export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
