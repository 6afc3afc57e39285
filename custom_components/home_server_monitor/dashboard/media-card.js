/** The way that films take: what is held back and why, the line, what is queued, who loads it, and who watches. */

import { icon, keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { amount, bytes, megabits } from "./numbers.js";
import { text, word } from "./texts.js";
import { moment } from "./times.js";

const FIRST = 12;
const known = ([, value]) => value !== null && value !== undefined && value !== "";

export class MediaCard extends LiveCard {
  static asks = "media_overview";

  getCardSize() {
    return 10;
  }

  draw(answer) {
    this.#frame();
    const { apps = [], clients = [], players = [], queue = [], lent = [], line } = answer;
    this.#part(this.held, lent.length ? [lent] : [], () => this.#held(lent));
    this.#part(this.line, line ? [line] : [], () => this.#line(line));
    this.#part(this.queue, apps.length ? [queue] : [], () => this.#queue(queue));
    this.#part(this.clients, clients.length ? [clients] : [], () =>
      this.#table("clients", ["name", "state", "down", "up"], clients.map((each) => this.#client(each))),
    );
    this.#part(this.players, players.length ? [players] : [], () =>
      this.#table("players", ["name", "streams", "remote", "converted"], players.map((each) => this.#player(each))),
    );
    this.#part(this.apps, apps.length ? [apps] : [], () =>
      this.#table("apps", ["name", "queued", "stuck", "missing"], apps.map((each) => this.#app(each))),
    );
  }

  lost() {
    for (const each of this.places ?? []) each.replaceChildren();
  }

  #frame() {
    if (this.places) return;
    const names = ["held", "line", "players", "clients", "queue", "apps"];
    this.places = names.map((name) => (this[name] = make("div")));
    this.body.replaceChildren(...this.places);
  }

  /** One card for each part; what did not change stays as it is. */
  #part(place, items, build) {
    keep(place, items, () => "part", build);
  }

  #held(lent) {
    const lines = lent.slice(0, FIRST).map((each) => {
      const by = plain(each.by, 120);
      const until = moment(this.hass, each.until);
      const why = each.while_needed ? "media.why" : "media.why_until";
      const said = make("p", { class: "quiet" }, text(this.hass, why, { by, until }));
      return make("li", {}, make("bdi", {}, plain(each.what, 120)), said);
    });
    const words = make(
      "div",
      { class: "words" },
      make("h3", {}, text(this.hass, "media.held")),
      make("ul", { class: "lines" }, lines),
    );
    const lead = make("div", { class: "lead" }, icon("mdi:speedometer-slow"), words);
    return make("ha-card", { class: "item warning" }, lead);
  }

  #line({ state, speed, used, streams, allowance }) {
    const { hass } = this;
    const facts = [
      ["line", word(hass, "line", state)],
      ["used", text(hass, "engine.of", { count: amount(hass, used / 125_000, 1), all: megabits(hass, speed) })],
      ["outside", amount(hass, streams)],
      ["allowed", megabits(hass, allowance)],
    ];
    return this.#facts("media.upload", facts);
  }

  #facts(title, facts) {
    const rows = facts.filter(known).map(([key, value]) =>
      make("div", {}, make("dt", {}, text(this.hass, `media.${key}`)), make("dd", {}, plain(value, 60))),
    );
    return this.#card(title, make("dl", { class: "facts" }, rows));
  }

  #card(title, ...parts) {
    return make("ha-card", { class: "engine" }, make("h3", {}, text(this.hass, title)), parts);
  }

  #table(part, columns, rows) {
    const heads = columns.map((each, place) =>
      make("th", { scope: "col", class: place ? "figure" : "name" }, text(this.hass, `media.${each}`)),
    );
    return this.#card(
      `media.${part}`,
      make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, rows)),
    );
  }

  #row(each, cells) {
    const page = each.device_id ? `/config/devices/device/${encodeURIComponent(each.device_id)}` : null;
    const name = make("bdi", {}, plain(each.name, 60));
    const silent = make("td", { class: "figure", colspan: cells.length }, word(this.hass, "sources", "lost"));
    return make(
      "tr",
      { class: each.answers ? "well" : "lost" },
      make("td", { class: "name" }, page ? make("a", { href: page }, name) : name),
      each.answers ? cells.map((cell) => make("td", { class: "figure" }, cell ?? "–")) : silent,
    );
  }

  #client(each) {
    const rates = [this.#rate(each.down, each.down_limit), this.#rate(each.up, each.up_limit)];
    return this.#row(each, [this.#doing(each), ...rates]);
  }

  /** What is wrong comes first: how many failed or stand still, else that it is paused, else how many it loads. */
  #doing(each) {
    const said = ["failed", "stalled"].filter((key) => each[key]).map((key) => [key, each[key]]);
    if (each.paused) return text(this.hass, "media.paused");
    if (each.active || !said.length) said.push(["active", each.active]);
    return said.map(([key, count]) => text(this.hass, `media.${key}`, { count })).join(", ");
  }

  #rate(rate, limit) {
    const { hass } = this;
    const most = limit ? text(hass, "media.limit", { limit: bytes(hass, limit) }) : null;
    return [make("span", {}, `${bytes(hass, rate)}/s`), most ? make("span", { class: "quiet" }, most) : null];
  }

  #player(each) {
    const { hass } = this;
    const rate = each.remote ? ` · ${megabits(hass, each.remote_rate)}` : "";
    const outside = `${amount(hass, each.remote)}${rate}`;
    const converted = each.transcodes
      ? text(hass, "media.on_chip", { count: each.on_hardware, all: each.transcodes })
      : amount(hass, 0);
    return this.#row(each, [amount(hass, each.playing), outside, converted]);
  }

  #app(each) {
    const { hass } = this;
    const cells = [each.queue, each.stuck, each.missing].map((count) => amount(hass, count));
    return this.#row(each, cells);
  }

  #queue(items) {
    const none = text(this.hass, "media.queue.none");
    if (!items.length) return this.#card("media.queue", make("p", { class: "quiet" }, none));
    const more = items.length - FIRST;
    const rows = items.slice(0, FIRST).map((each) => this.#item(each));
    return this.#card(
      "media.queue",
      make("ul", { class: "lines" }, rows),
      more > 0 ? make("p", { class: "quiet" }, text(this.hass, "tiles.more", { count: more })) : null,
    );
  }

  #item(each) {
    const done = each.size > 0 ? Math.round((100 * (each.size - each.left)) / each.size) : null;
    const state = each.state === "loading" && done !== null ? `${done} %` : word(this.hass, "queue", each.state);
    const facts = [each.app, state, bytes(this.hass, each.size || null)].filter(Boolean).join(" · ");
    return make(
      "li",
      { class: each.stuck ? "lost" : "well" },
      make("span", { class: "dot", "aria-hidden": "true" }),
      make("bdi", {}, plain(each.title, 160)),
      make("p", { class: "quiet" }, facts),
      each.why ? make("p", {}, plain(each.why)) : null,
    );
  }
}
