/** What was done, by whom, newest first. */

import { keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { text } from "./texts.js";
import { since } from "./times.js";

const LINES = 50;

export class JournalCard extends LiveCard {
  static asks = "list_journal";
  static data = { limit: LINES };

  allowed() {
    return this.admin;
  }

  draw(answer) {
    if (!this.lines) {
      this.none = make("p", { class: "quiet" });
      this.lines = make("ul", { class: "lines" });
      this.card = make("ha-card", {}, this.none, this.lines);
      const head = make("div", { class: "head" }, make("h2", {}, text(this.hass, "journal.title")));
      this.body.replaceChildren(head, this.card);
    }
    const lines = (answer.journal ?? []).slice(0, LINES);
    this.none.textContent = lines.length ? "" : text(this.hass, "journal.none");
    this.none.hidden = lines.length > 0;
    keep(this.lines, lines, (each) => [each.at, each.kind, each.id, each.text].join(" "), (each) => this.#line(each));
    this.tick();
  }

  #line({ at, text: said, by }) {
    const who = plain(by, 60);
    const whose = who && make("span", {}, text(this.hass, "journal.by", { who }));
    const meta = make("p", { class: "meta" }, since(this.hass, at), whose);
    return make("li", {}, make("p", { class: "clamp" }, plain(said)), meta);
  }
}
