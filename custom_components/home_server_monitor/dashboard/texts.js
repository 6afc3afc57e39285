/** Finds the words that people read. A translation is one more row beside `en`; what it lacks stays English. */

import { plain } from "./dom.js";
import { ENGLISH } from "./english.js";
import { ENGLISH_POWER } from "./english-power.js";

export const DOMAIN = "home_server_monitor";
export const TYPE = "home-server-monitor";

const TEXTS = { en: { ...ENGLISH, ...ENGLISH_POWER } };

/** Return the text of a key, filled with `values`; undefined where there is none. */
function find(language, key, values) {
  const found = TEXTS[language]?.[key] ?? TEXTS[language?.split("-")[0]]?.[key] ?? TEXTS.en[key];
  return found?.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text of a key in the user's language; with a `count` the form of that number, where the key has forms. */
export function text(hass, key, values = {}) {
  const language = hass?.locale?.language ?? "en";
  if ("count" in values) {
    const form = new Intl.PluralRules(language).select(values.count);
    const found = find(language, `${key}.${form}`, values) ?? find(language, `${key}.other`, values);
    if (found !== undefined) return found;
  }
  return find(language, key, values) ?? key;
}

/** The text of a code that the integration sent, such as a state; a code that is new here is shown as a word. */
export function word(hass, group, code) {
  return find(hass?.locale?.language, `${group}.${code}`, {}) ?? plain(code, 40).replaceAll("_", " ");
}
