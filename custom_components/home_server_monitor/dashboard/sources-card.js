/** What is connected, what was found there, and what is missing with what it would light. */

import { icon, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { DOMAIN, text, word } from "./texts.js";
import { since } from "./times.js";

const ICONS = {
  ok: "mdi:check-circle",
  lost: "mdi:lan-disconnect",
  starting: "mdi:timer-sand",
  disabled: "mdi:pause-circle-outline",
};

export class SourcesCard extends LiveCard {
  static asks = "list_findings";

  draw(answer) {
    if (!this.sources) {
      this.sources = make("ul", { class: "close" });
      const page = `/config/integrations/integration/${DOMAIN}`;
      const add = make("a", { class: "button", href: page }, text(this.hass, "sources.add"));
      this.body.replaceChildren(this.sources, this.admin ? make("p", {}, add) : "");
    }
    // what was looked at a moment ago is said once, on top, for all that answers
    const shown = (answer.sources ?? []).map((each) => (each.state === "ok" ? { ...each, checked: null } : each));
    this.list(this.sources, shown, (each) => this.#source(each));
    this.tick();
  }

  lost() {
    this.sources?.replaceChildren();
  }

  #source(source) {
    const name = plain(source.name, 80);
    const page = source.device_id ? `/config/devices/device/${encodeURIComponent(source.device_id)}` : null;
    // what answers and lacks nothing is a line; only what needs a look has room for more
    const brief = source.state === "ok" && !(source.missing ?? []).length;
    const missing = (source.missing ?? []).slice(0, 30).map((each) => make("li", {}, plain(each)));
    const words = make(
      "div",
      { class: "words" },
      make("h3", {}, page ? make("a", { href: page }, name) : name),
      make(
        "p",
        { class: brief ? "unseen" : "meta" },
        make("span", { class: "chip" }, word(this.hass, "sources", source.state)),
        source.checked ? since(this.hass, source.checked, "well.checked") : null,
      ),
      source.found
        ? make("p", { class: brief ? "quiet" : "" }, text(this.hass, "sources.found", { found: plain(source.found) }))
        : null,
      missing.length ? make("h4", {}, text(this.hass, "sources.missing")) : null,
      missing.length ? make("ul", { class: "lines" }, missing) : null,
    );
    const state = source.state in ICONS ? source.state : "disabled";
    const lead = make("div", { class: "lead" }, icon(ICONS[state]), words);
    return make("li", {}, make("ha-card", { class: brief ? `${state} brief` : state }, lead));
  }
}
