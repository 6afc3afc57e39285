/** What was approved in advance, in words, until somebody revokes it; nothing where nothing was. */

import { make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { text } from "./texts.js";
import { since } from "./times.js";

export class StandingCard extends LiveCard {
  static asks = "list_standing";

  allowed() {
    return this.admin;
  }

  draw(answer) {
    const standing = answer.standing ?? [];
    if (!this.standing) {
      this.heading = make("h2", { tabindex: "-1" }, text(this.hass, "standing.title"));
      this.head = make("div", { class: "head" }, this.heading);
      this.standing = make("ul");
      this.body.replaceChildren(this.head, this.standing);
    }
    this.head.hidden = standing.length === 0;
    this.list(this.standing, standing, (each) => this.#row(each));
    this.tick();
  }

  lost() {
    this.standing?.replaceChildren();
  }

  #row({ id, verb, says, target, window_only: waits, granted_by: by, granted }) {
    const { hass } = this;
    const title = plain(verb, 80);
    const about = plain(says, 3000) || (target === "*" ? text(hass, "standing.all") : plain(target, 120));
    const who = plain(by, 60);
    const words = make(
      "div",
      { class: "words" },
      make("h3", {}, title),
      make("p", {}, about),
      waits ? make("p", {}, text(hass, "standing.waits")) : null,
      make("p", { class: "meta" }, since(hass, granted), who && make("span", {}, text(hass, "journal.by", { who }))),
    );
    const revoke = this.doing(text(hass, "act.revoke_standing"), "revoke_standing", { standing: id }, {
      title,
      label: "act.revoke_standing.of",
    });
    return make("li", {}, make("ha-card", {}, words, make("div", { class: "buttons" }, revoke)));
  }
}
