/** What waits for a person, with all that is needed to decide; and what was decided lately. */

import { icon, keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { text, word } from "./texts.js";
import { since } from "./times.js";

const TONES = { low: "info", medium: "warning", high: "critical" };
const LATELY = 8;

export class ProposalsCard extends LiveCard {
  static asks = "list_proposals";

  allowed() {
    return this.admin;
  }

  forbidden() {
    const said = make("p", { class: "words" }, text(this.hass, "admins.only"));
    this.body.replaceChildren(make("ha-card", { class: "row" }, icon("mdi:shield-account-outline"), said));
  }

  draw(answer) {
    if (!this.proposals) {
      this.heading = make("h2", { tabindex: "-1" });
      this.none = make("p", { class: "quiet" });
      this.proposals = make("ul");
      this.history = make("div");
      const head = make("div", { class: "head" }, this.heading);
      this.body.replaceChildren(head, this.none, this.proposals, this.history);
    }
    const open = answer.proposals ?? [];
    this.heading.textContent = text(this.hass, open.length ? "proposals.title" : "proposals.none");
    this.none.textContent = open.length ? "" : text(this.hass, "proposals.none.more");
    // what is approved for later is still open: it can be cancelled
    this.list(this.proposals, [...open, ...(answer.waiting ?? [])], (each) => this.#proposal(each));
    this.#decided([...(answer.history ?? [])]);
    this.tick();
  }

  lost() {
    // that nothing waits is not known any more
    if (this.proposals && !this.proposals.childElementCount) this.heading.textContent = this.none.textContent = "";
  }

  #proposal(proposal) {
    const open = proposal.state === "proposed";
    const chips = make(
      "p",
      { class: "meta" },
      make("span", { class: "chip" }, word(this.hass, "risk", proposal.risk)),
      open ? null : make("span", { class: "chip" }, word(this.hass, "state", proposal.state)),
      open && proposal.expires ? this.#expiry(proposal.expires) : null,
    );
    const words = make(
      "div",
      { class: "words" },
      make("h3", { class: "clamp" }, plain(proposal.title)),
      chips,
      this.#facts(proposal),
      open ? this.#buttons(proposal) : this.#cancel(proposal),
    );
    return make("li", {}, make("ha-card", { class: `item ${TONES[proposal.risk] ?? "info"}` }, words));
  }

  #expiry(iso) {
    return Date.parse(iso) < Date.now()
      ? make("span", {}, text(this.hass, "proposal.expired"))
      : since(this.hass, iso, "proposal.expires");
  }

  #facts(proposal) {
    const depends = (proposal.depends ?? []).slice(0, 30).map((each) => plain(each, 60)).join(", ");
    const interrupts = (proposal.interrupts ?? []).slice(0, 30).map((each) => plain(each, 60)).join(", ");
    const waits = proposal.waits ? proposal.outcome : "";
    const { not_now, what, why, undo } = proposal;
    const rows = { not_now, waits, what, interrupts, why, undo, depends };
    return make(
      "dl",
      {},
      Object.entries(rows)
        .filter(([, said]) => said)
        .map(([key, said]) => [make("dt", {}, text(this.hass, `proposal.${key}`)), make("dd", {}, plain(said, 600))]),
    );
  }

  #buttons(proposal) {
    const { id, title } = proposal;
    if (proposal.risk === "high" || proposal.needs_typing) {
      const name = plain(proposal.typed_name, 80);
      const why = name ? text(this.hass, "proposals.typed", { name }) : text(this.hass, "proposals.high");
      const link = make("a", { class: "button", href: "/config/repairs" }, text(this.hass, "act.repairs"));
      return make("div", {}, make("p", { class: "hint" }, why), make("div", { class: "buttons" }, link));
    }
    const verb = plain(proposal.verb, 60) || text(this.hass, "act.approve");
    const later = { proposal: id, when: "after_it_ends" };
    const used = (proposal.interrupts ?? []).length > 0;
    return make(
      "div",
      { class: "buttons" },
      this.doing(verb, "approve", { proposal: id }, { title, kind: "strong", label: "act.approve.of" }),
      used ? this.doing(text(this.hass, "act.after"), "approve", later, { title, label: "act.after.of" }) : null,
      this.doing(text(this.hass, "act.deny"), "deny", { proposal: id }, { title, label: "act.deny.of" }),
    );
  }

  #cancel({ id, title, waits }) {
    if (!waits) return null;
    const said = text(this.hass, "act.cancel");
    const button = this.doing(said, "deny", { proposal: id }, { title, label: "act.cancel.of" });
    return make("div", { class: "buttons" }, button);
  }

  #decided(history) {
    const latest = history.sort((one, other) => String(other.ended).localeCompare(String(one.ended))).slice(0, LATELY);
    if (!latest.length) {
      this.history.replaceChildren();
      return;
    }
    if (!this.history.firstChild) {
      const list = make("ul", { class: "lines" });
      const title = make("h3", {}, text(this.hass, "proposals.history"));
      this.history.append(make("div", { class: "head" }, title), make("ha-card", {}, list));
    }
    keep(this.history.querySelector("ul"), latest, (each) => each.id, (each) => this.#ended(each));
  }

  #ended(proposal) {
    const said = plain(proposal.outcome) || word(this.hass, "state", proposal.state);
    const who = plain(proposal.by, 60);
    // some sentences name who decided
    const whose = who && !said.includes(who) ? make("span", {}, text(this.hass, "journal.by", { who })) : null;
    const ended = proposal.ended ? since(this.hass, proposal.ended) : null;
    const meta = make("p", { class: "meta" }, make("span", {}, said), ended, whose);
    return make("li", {}, make("h4", { class: "clamp" }, plain(proposal.title)), meta);
  }
}
