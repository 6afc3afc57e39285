/** Elements, made by hand: text goes in as text and never as markup, whoever wrote it. */

// controls, and what turns the direction of the text that follows
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g;

/** Text from outside, fit to be shown: one line, no tricks, at most `limit` characters. */
export function plain(value, limit = 300) {
  const found = String(value ?? "").replace(UNSEEN, " ").trim();
  const letters = [...found.slice(0, 2 * limit + 2)];
  return letters.length > limit ? `${letters.slice(0, limit).join("")}…` : found;
}

/** Make an element. `on…` are listeners, the rest attributes (null and false: none); children are nodes or text. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function icon(name) {
  return make("ha-icon", { icon: name, "aria-hidden": "true" });
}

/** A button. `label` is what a screen reader says, where the text alone is not enough. */
export function button(said, onclick, { label, kind = "plain", does } = {}) {
  return make("button", { type: "button", class: kind, "aria-label": label, "data-does": does, onclick }, said);
}

/**
 * Make a list show `items`: what did not change keeps its node (and so its focus and its open details), what did is
 * made anew, and the keyboard's focus moves to the same button of the new one. Returns whether anything moved.
 */
export function keep(list, items, keyOf, build) {
  const before = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const order = [...before.keys()].join("\n");
  const focused = list.getRootNode().activeElement;
  const nodes = items.map((item) => {
    const key = String(keyOf(item));
    const said = JSON.stringify(item);
    const old = before.get(key);
    if (old && old.said === said) return old;
    const node = build(item);
    node.dataset.key = key;
    node.said = said;
    if (old?.contains(focused)) {
      const same = [...node.querySelectorAll("[data-does]")].find((each) => each.dataset.does === focused.dataset.does);
      queueMicrotask(() => same?.focus());
    }
    return node;
  });
  if (nodes.length !== list.children.length || nodes.some((node, place) => list.children[place] !== node)) {
    list.replaceChildren(...nodes);
  }
  return order !== nodes.map((node) => node.dataset.key).join("\n");
}
