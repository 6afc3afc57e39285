/** What all cards here have in common: they ask, draw, stay true, act, and say so where they cannot. */

import { button, icon, keep, make, plain } from "./dom.js";
import { call, feedOf } from "./feed.js";
import { SHEET } from "./style.js";
import { text } from "./texts.js";
import { tick } from "./times.js";

const TICK = 5_000; // milliseconds
const READ = 15_000; // how long what was done stays said
const STEADY = 600; // what moved under a finger so lately is not what was meant

export class LiveCard extends HTMLElement {
  /** The action that this card asks, and with what; a subclass says so. */
  static asks = "";
  static data = {};

  #hass;
  #feed;
  #leave;
  #clock;
  #moved = 0;
  #forbidden = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    this.body = make("div", { class: "body" });
    this.trouble = make("div", { class: "trouble" });
    this.status = make("p", { class: "status", role: "status" });
    root.append(this.trouble, this.status, this.body);
  }

  setConfig(config) {
    this.config = config;
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: "full", rows: "auto" };
  }

  get hass() {
    return this.#hass;
  }

  set hass(hass) {
    this.#hass = hass;
    if (this.#feed) this.#feed.hass = hass;
    else if (this.isConnected) this.#attach();
  }

  get admin() {
    return Boolean(this.#hass?.user?.is_admin);
  }

  /** What every call carries: which server, where there are several. */
  get server() {
    return this.config?.server ? { server: this.config.server } : {};
  }

  connectedCallback() {
    if (this.#hass) this.#attach();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#leave?.();
    this.#feed = this.#leave = undefined;
  }

  #attach() {
    if (!this.allowed()) {
      if (!this.#forbidden) this.forbidden();
      this.#forbidden = true;
      return;
    }
    if (!this.body.hasChildNodes()) this.body.append(make("p", { class: "quiet loading" }, text(this.hass, "loading")));
    this.#feed = feedOf(this.#hass, this.constructor.asks, { ...this.constructor.data, ...this.server });
    this.#leave = this.#feed.subscribe((feed) => this.#heard(feed));
    clearInterval(this.#clock);
    this.#clock = setInterval(() => this.tick(), TICK);
  }

  allowed() {
    return true;
  }

  forbidden() {}

  /** Draw an answer; a subclass does. `answer` is undefined where there was none yet. */
  draw() {}

  /** What cannot be shown as true while nothing answers is taken away here. */
  lost() {}

  tick() {
    tick(this.hass, this.shadowRoot);
  }

  #heard(feed) {
    let { error } = feed;
    if (!error) {
      try {
        this.draw(feed.answer);
      } catch (failure) {
        console.error(`${this.localName}:`, failure);
        error = { reason: "failed.shown" };
      }
    }
    if (error) {
      this.body.querySelector(".loading")?.remove();
      this.lost();
    }
    this.#complain(error);
  }

  #complain(error) {
    keep(this.trouble, error ? [{ why: this.why(error) }] : [], () => "trouble", ({ why }) =>
      make(
        "ha-card",
        { class: "row", role: "alert" },
        icon("mdi:cloud-off-outline"),
        make("div", { class: "words" }, make("h3", {}, text(this.hass, "failed.title")), make("p", {}, why)),
        button(text(this.hass, "failed.retry"), () => this.#feed?.refresh(), { does: "retry" }),
      ),
    );
  }

  why(error) {
    return error.reason ? text(this.hass, error.reason) : plain(error.told);
  }

  #say(said) {
    this.status.textContent = said;
    setTimeout(() => this.status.textContent === said && (this.status.textContent = ""), READ);
  }

  /** Show a list; what moves is remembered, so that no press hits what was not there when the finger started. */
  list(node, items, build) {
    if (keep(node, items, (item) => item.id, build)) this.#moved = performance.now();
  }

  /** A button that calls an action about one item of a list. */
  doing(said, action, data, { title, kind, label }) {
    const press = async ({ currentTarget }) => {
      if (performance.now() - this.#moved < STEADY) return;
      const row = currentTarget.closest("[data-key]");
      const buttons = [...row.querySelectorAll("button")];
      if (row.hasAttribute("aria-busy")) return;
      row.setAttribute("aria-busy", "true");
      row.querySelector(".failure")?.remove();
      for (const each of buttons) each.setAttribute("aria-disabled", "true");
      let failed = "";
      try {
        await call(this.hass, action, { ...this.server, ...data });
        this.#say(text(this.hass, `said.${action}`, { title: plain(title, 80) }));
      } catch (error) {
        failed = text(this.hass, "failed.act", { why: this.why(error) });
        row.append(make("p", { class: "failure", role: "alert" }, failed));
      }
      await this.#feed?.refresh();
      if (failed && !row.isConnected) this.#say(failed);
      row.removeAttribute("aria-busy");
      for (const each of buttons) each.removeAttribute("aria-disabled");
      if (!row.isConnected && !this.shadowRoot.activeElement) this.heading?.focus();
    };
    const spoken = text(this.hass, label, { title: plain(title, 80), verb: said });
    return button(said, press, { kind, does: action, label: spoken });
  }
}
