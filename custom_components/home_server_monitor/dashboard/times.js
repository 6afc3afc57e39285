/** Times, as people say them. */

import { make } from "./dom.js";
import { text } from "./texts.js";

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

function spoken(hass, group, seconds) {
  if (seconds < 5) return text(hass, `${group}.now`);
  const [unit, size] = UNITS.find(([, size]) => seconds >= size);
  return text(hass, `${group}.${unit}`, { count: Math.floor(seconds / size) });
}

/** A span of seconds in two units at most: "45 s", "3 min 20 s", "1 h 5 min"; null for what is not known. */
export function spanned(hass, seconds) {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return null;
  const whole = Math.max(0, Math.round(seconds));
  const place = UNITS.findIndex(([, size]) => whole >= size);
  if (place < 0) return text(hass, "span.s", { count: 0 });
  const [unit, size] = UNITS[place];
  const said = [text(hass, `span.${unit}`, { count: Math.floor(whole / size) })];
  const [smaller, part] = UNITS[place + 1] ?? ["", 1];
  const rest = smaller ? Math.floor((whole % size) / part) : 0;
  if (rest) said.push(text(hass, `span.${smaller}`, { count: rest }));
  return said.join(" ");
}

/** "20 s ago", "in 3 h"; an empty text for what is no time. */
export function distance(hass, iso, now = Date.now()) {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return "";
  // a clock that is a little off does not put the past into the future
  return seconds >= -5 ? spoken(hass, "ago", Math.max(seconds, 0)) : spoken(hass, "in", -seconds);
}

/** The time of day, with the day where it is not today. */
export function moment(hass, iso, now = Date.now()) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const language = hass?.locale?.language ?? "en";
  const timeZone = hass?.locale?.time_zone === "server" ? hass?.config?.time_zone : undefined;
  const day = (date) => date.toLocaleDateString(language, { timeZone });
  const hour12 = { 12: true, 24: false }[hass?.locale?.time_format];
  const clock = { hour: "numeric", minute: "2-digit", hour12, timeZone };
  const date = day(at) === day(new Date(now)) ? {} : { day: "numeric", month: "short" };
  return at.toLocaleString(language, { ...date, ...clock });
}

/** An element that says how long ago something was; `tick` keeps it true. `key` is a text with {ago} in it. */
export function since(hass, iso, key = "") {
  const node = make("time", { datetime: iso, title: moment(hass, iso), "data-key": key });
  say(hass, node);
  return node;
}

function say(hass, node) {
  const iso = node.getAttribute("datetime");
  const ago = distance(hass, iso);
  const said = node.dataset.key ? text(hass, node.dataset.key, { ago, when: ago, at: moment(hass, iso) }) : ago;
  if (node.textContent !== said) node.textContent = said;
}

/** Bring every time below `root` up to date. */
export function tick(hass, root) {
  for (const node of root.querySelectorAll("time[datetime]")) say(hass, node);
}
