/** What one engine runs: its numbers, its containers with what is wrong or new first, its stacks, and what is dark. */

import { button, keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { amount, bytes, percent } from "./numbers.js";
import { DOMAIN, text, word } from "./texts.js";

const FIRST = 20;
// what is worth a look comes first
const STATES = ["dead", "restarting", "exited", "created", "paused", "removing"];

function rank({ state, health, latest }) {
  if (health === "unhealthy") return 0;
  if (STATES.includes(state)) return 1 + STATES.indexOf(state);
  return latest ? STATES.length + 1 : STATES.length + 2;
}

const byNeed = (one, other) =>
  rank(one) - rank(other) || String(one.name).localeCompare(String(other.name), undefined, { numeric: true });

export class EngineCard extends LiveCard {
  static asks = "engine_overview";

  #all = false;
  #answer;

  /** It asks about its engine, whichever server that hangs on. */
  get server() {
    return { device_id: this.config?.device };
  }

  getCardSize() {
    return 10;
  }

  draw(answer) {
    this.#answer = answer;
    const engine = answer.overview?.[0] ?? {};
    this.#frame();
    keep(this.facts, this.#facts(engine), ([key]) => key, ([key, value]) => this.#fact(key, value));
    const rows = [...(engine.containers ?? [])].sort(byNeed).map((each) => ({ ...each, id: each.name }));
    this.list(this.rows, this.#all ? rows : rows.slice(0, FIRST), (each) => this.#row(each));
    this.table.hidden = rows.length === 0;
    this.#offerMore(rows.length);
    this.#lines(this.stacks, "engine.stacks", engine.stacks ?? [], (each) => this.#stack(each));
    this.#lines(this.dark, "sources.missing", engine.missing ?? [], (each) => plain(each));
  }

  lost() {
    for (const each of [this.facts, this.rows]) each?.replaceChildren();
  }

  #frame() {
    if (this.table) return;
    const columns = ["name", "state", "cpu", "memory"].map((each) =>
      make("th", { scope: "col", class: each }, text(this.hass, `engine.${each}`)),
    );
    this.facts = make("dl", { class: "facts" });
    this.rows = make("tbody");
    this.table = make("table", {}, make("thead", {}, make("tr", {}, columns)), this.rows);
    this.more = make("div");
    this.stacks = make("div");
    this.dark = make("div");
    const parts = [this.facts, this.table, this.more, this.stacks, this.dark];
    this.body.replaceChildren(make("ha-card", { class: "engine" }, parts));
  }

  #facts(engine) {
    const { hass } = this;
    const of = (count, all) => (all === undefined ? amount(hass, count) : text(hass, "engine.of", { count, all }));
    const memory = bytes(hass, engine.memory);
    const known = [
      ["running", of(engine.running, engine.total)],
      ["unhealthy", engine.unhealthy ? amount(hass, engine.unhealthy) : null],
      ["updates", amount(hass, engine.updates)],
      ["cpu", percent(hass, engine.cpu_percent)],
      ["memory", engine.machine_memory ? of(memory, bytes(hass, engine.machine_memory)) : memory],
      ["traffic", this.#traffic(engine)],
      ["reclaimable", bytes(hass, engine.reclaimable)],
      ["audit", this.#audit(engine)],
      ["version", engine.version],
    ];
    return known.filter(([, value]) => value !== null && value !== undefined && value !== "");
  }

  #traffic({ rx_rate: received, tx_rate: sent }) {
    if (received === null || received === undefined) return null;
    return `↓ ${bytes(this.hass, received)}/s  ↑ ${bytes(this.hass, sent ?? 0)}/s`;
  }

  #audit({ score, serious }) {
    if (score === null || score === undefined) return null;
    const said = text(this.hass, "engine.of", { count: score, all: 100 });
    return serious ? `${said} · ${text(this.hass, "engine.serious", { count: serious })}` : said;
  }

  #fact(key, value) {
    return make("div", {}, make("dt", {}, text(this.hass, `engine.${key}`)), make("dd", {}, plain(value, 60)));
  }

  #row(each) {
    const { hass } = this;
    const known = Object.values(hass.devices ?? {}).find((device) =>
      device.identifiers?.some(
        ([domain, name]) => domain === DOMAIN && name === `${this.config.source}_container_${each.name}`,
      ),
    );
    const name = make("bdi", {}, plain(each.name, 80));
    const page = known ? `/config/devices/device/${encodeURIComponent(known.id)}` : null;
    const news = each.latest ? text(hass, "engine.update", { version: plain(each.latest, 24) }) : null;
    const bad = each.health === "unhealthy" || STATES.includes(each.state);
    const state = each.health === "unhealthy" ? each.health : each.state;
    return make(
      "tr",
      { class: bad ? "lost" : "well" },
      make(
        "td",
        { class: "name" },
        page ? make("a", { href: page }, name) : name,
        news ? make("span", { class: "chip" }, news) : null,
      ),
      make("td", { class: "state" }, make("span", { class: "dot", "aria-hidden": "true" }), word(hass, "run", state)),
      make("td", { class: "cpu" }, percent(hass, each.cpu_percent) ?? "–"),
      make("td", { class: "memory" }, bytes(hass, each.memory) ?? "–"),
    );
  }

  #stack({ name, running, total, status }) {
    const how = status === "inactive" ? word(this.hass, "run", "inactive") : null;
    const count = text(this.hass, "engine.of", { count: running, all: total });
    return [make("bdi", {}, plain(name, 60)), ` · ${how ?? text(this.hass, "engine.stack", { count })}`];
  }

  #lines(place, key, items, build) {
    const said = items.length ? [{ id: key, items }] : [];
    keep(place, said, (each) => each.id, () =>
      make(
        "section",
        {},
        make("h4", {}, text(this.hass, key)),
        make("ul", { class: "lines" }, items.slice(0, 30).map((each) => make("li", {}, build(each)))),
      ),
    );
  }

  #offerMore(count) {
    const fold = () => {
      this.#all = !this.#all;
      this.draw(this.#answer);
    };
    const hidden = count - FIRST;
    const said = this.#all ? text(this.hass, "problems.fewer") : text(this.hass, "problems.more", { count: hidden });
    keep(this.more, hidden > 0 ? [said] : [], () => "more", () => button(said, fold, { kind: "wide", does: "more" }));
  }
}
