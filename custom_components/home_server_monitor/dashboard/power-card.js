/** Power: what is about to be stopped or is, what each UPS says, and the plan with how long its stages take. */

import { icon, keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { amount, percent } from "./numbers.js";
import { text, word } from "./texts.js";
import { since, spanned } from "./times.js";

const FIRST = 12;
const known = ([, value]) => value !== null && value !== undefined && value !== "";

export class PowerCard extends LiveCard {
  static asks = "power_overview";

  getCardSize() {
    return 8;
  }

  draw({ units = [], plan }) {
    this.#frame();
    const outage = plan && (plan.ends || plan.stopped.length) ? [{ ends: plan.ends, stopped: plan.stopped }] : [];
    this.#part(this.outage, outage, (each) => this.#outage(each));
    this.#part(this.units, units.length ? [units] : [], () => this.#units(units));
    this.#part(this.plan, plan ? [plan] : [], () => this.#plan(plan));
    this.#part(this.stages, plan ? [plan.stages] : [], () => this.#stages(plan.stages));
  }

  lost() {
    for (const each of this.places ?? []) each.replaceChildren();
  }

  #frame() {
    if (this.places) return;
    const names = ["outage", "units", "plan", "stages"];
    this.places = names.map((name) => (this[name] = make("div")));
    this.body.replaceChildren(...this.places);
  }

  /** One card for each part; what did not change stays as it is. */
  #part(place, items, build) {
    keep(place, items, () => "part", build);
  }

  #outage({ ends, stopped }) {
    const { hass } = this;
    const more = stopped.length - FIRST;
    const names = stopped.slice(0, FIRST).map((each) => make("li", {}, make("bdi", {}, plain(each, 80))));
    if (more > 0) names.push(make("li", {}, text(hass, "tiles.more", { count: more })));
    const words = make(
      "div",
      { class: "words" },
      make("h3", {}, text(hass, stopped.length ? "power.stopped" : "power.countdown", { count: stopped.length })),
      ends ? make("p", {}, since(hass, ends, "power.begins")) : null,
      names.length ? make("ul", { class: "lines" }, names) : null,
    );
    return make("ha-card", { class: "item high" }, make("div", { class: "lead" }, icon("mdi:power-plug-off"), words));
  }

  #units(units) {
    const rows = units.map((each) => this.#unit(each));
    return this.#table("units", ["name", "state", "charge", "lasts", "load"], rows);
  }

  #unit(each) {
    const { hass } = this;
    const page = each.device_id ? `/config/devices/device/${encodeURIComponent(each.device_id)}` : null;
    const name = make("bdi", {}, plain(each.name, 60));
    const watts = each.watts === null ? null : make("span", { class: "quiet" }, `${amount(hass, each.watts)} W`);
    const cells = [
      word(hass, "ups", each.state),
      percent(hass, each.charge) ?? "–",
      spanned(hass, each.runtime) ?? "–",
      [make("span", {}, percent(hass, each.load) ?? "–"), watts].filter(Boolean),
    ];
    const silent = make("td", { class: "figure", colspan: cells.length }, word(hass, "sources", "lost"));
    return make(
      "tr",
      { class: each.answers ? "well" : "lost" },
      make("td", { class: "name" }, page ? make("a", { href: page }, name) : name),
      each.answers ? cells.map((cell) => make("td", { class: "figure" }, cell)) : silent,
    );
  }

  #plan(plan) {
    const { hass } = this;
    const asked = plan.mode === "observe" ? null : text(hass, plan.approved ? "power.approved" : "power.unapproved");
    const facts = [
      ["plan", [word(hass, "power.mode", plan.mode), asked].filter(Boolean).join(", ")],
      ["stands", word(hass, "power.state", plan.state)],
      ["count", amount(hass, plan.count)],
      ["needed", spanned(hass, plan.needed)],
      ["full", this.#lasts(plan)],
      ["health", percent(hass, plan.health)],
      ["practised", text(hass, plan.practised ? "power.practised.yes" : "power.practised.no")],
    ];
    const rows = facts.filter(known).map(([key, value]) =>
      make("div", {}, make("dt", {}, text(hass, `power.${key}`)), make("dd", {}, plain(value, 80))),
    );
    return this.#card("power.title", make("dl", { class: "facts" }, rows));
  }

  #lasts({ lasts, covered }) {
    const said = spanned(this.hass, lasts);
    return said && covered === false ? text(this.hass, "power.short", { lasts: said }) : said;
  }

  #stages(stages) {
    const { hass } = this;
    const rows = stages.map(({ name, limit, took }, place) =>
      make(
        "tr",
        {},
        make("td", { class: "name" }, `${place + 1}. `, make("bdi", {}, plain(name, 60))),
        make("td", { class: "figure" }, spanned(hass, took) ?? text(hass, "power.never")),
        make("td", { class: "figure" }, spanned(hass, limit)),
      ),
    );
    return this.#table("stages", ["stage", "took", "most"], rows);
  }

  #card(title, ...parts) {
    return make("ha-card", { class: "engine" }, make("h3", {}, text(this.hass, title)), parts);
  }

  #table(part, columns, rows) {
    const heads = columns.map((each, place) =>
      make("th", { scope: "col", class: place ? "figure" : "name" }, text(this.hass, `power.${each}`)),
    );
    return this.#card(
      `power.${part}`,
      make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, rows)),
    );
  }
}
