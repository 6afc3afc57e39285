/** What is wrong, worst first; else that all is well, and when that was looked at. */

import { button, icon, keep, make, plain } from "./dom.js";
import { LiveCard } from "./live-card.js";
import { DOMAIN, text, word } from "./texts.js";
import { moment, since } from "./times.js";

const SEVERITIES = ["critical", "high", "warning", "info"];
const ICONS = {
  critical: "mdi:alert-octagon",
  high: "mdi:alert",
  warning: "mdi:alert-circle-outline",
  info: "mdi:information-outline",
};
const KNOWN = ["acknowledged", "snoozed", "inhibited", "dismissed"];
const REPAIRED = ["ordered", "replacing", "stop", "remove"]; // answers that Repairs takes
const FIRST = 10;
const STALE = 15 * 60_000; // milliseconds, after which nobody says that all is well

const rank = (finding) => (SEVERITIES.indexOf(finding.severity) + SEVERITIES.length + 1) % (SEVERITIES.length + 1);
const worstFirst = (one, other) => rank(one) - rank(other) || String(other.since).localeCompare(String(one.since));

export class FindingsCard extends LiveCard {
  static asks = "list_findings";

  #all = false;
  #answer;

  getCardSize() {
    return 8;
  }

  draw(given) {
    const answer = this.#own(given);
    this.#answer = given;
    this.#frame();
    const findings = [...(answer.findings ?? [])].sort(worstFirst);
    const told = findings.filter((each) => each.state === "firing" && each.severity !== "info");
    const notes = findings.filter((each) => each.state === "firing" && each.severity === "info");
    const known = findings.filter((each) => KNOWN.includes(each.state));
    this.#say(told.length, answer);
    keep(this.mended, answer.mended ?? [], (each) => each.id, (each) => this.#mendedBy(each));
    this.list(this.problems, this.#all ? told : told.slice(0, FIRST), (each) => this.#problem(each));
    this.#offerMore(told.length);
    this.#fold(this.known, "problems.rest", known, (each) => this.#silent(each, findings));
    this.#fold(this.notes, "problems.notes", notes, (each) => this.#problem(each));
    this.tick();
  }

  /** Of some sources alone, where this card is about those. */
  #own(answer) {
    const wanted = this.config?.sources ?? (this.config?.source ? [this.config.source] : undefined);
    if (!wanted) return answer;
    const [findings, sources] = [answer.findings, answer.sources].map((each) => each ?? []);
    return {
      ...answer,
      findings: findings.filter((each) => wanted.includes(each.source)),
      sources: sources.filter((each) => wanted.includes(each.id)),
      mended: [],
    };
  }

  lost() {
    for (const each of [this.well, this.mended]) if (each) keep(each, [], () => "");
  }

  #frame() {
    if (this.problems) return;
    this.heading = make("h2", { tabindex: "-1" });
    this.checked = make("span", { class: "meta" });
    this.head = make("div", { class: "head", hidden: true }, this.heading, this.checked);
    this.well = make("div");
    this.problems = make("ul");
    this.more = make("div");
    this.mended = make("ul");
    this.known = make("div");
    this.notes = make("div");
    this.body.replaceChildren(this.head, this.well, this.problems, this.more, this.mended, this.known, this.notes);
  }

  /** Say how many, or that all is well: only where every source says so. */
  #say(count, answer) {
    this.head.hidden = this.problems.hidden = count === 0;
    this.heading.textContent = count ? text(this.hass, "problems", { count }) : "";
    this.checked.replaceChildren(count && answer.checked ? since(this.hass, answer.checked, "well.checked") : "");
    const states = (answer.sources ?? []).map((each) => each.state).filter((state) => state !== "disabled");
    const state = ["lost", "starting"].find((each) => states.includes(each)) ?? this.#freshness(states, answer.checked);
    const item = { id: "well", state, checked: answer.checked };
    keep(this.well, count ? [] : [item], (each) => each.id, (each) => this.#calm(each));
  }

  #freshness(states, checked) {
    if (!states.length) return "none";
    if (!checked) return "starting";
    return Date.now() - Date.parse(checked) > STALE ? "stale" : "ok";
  }

  #calm({ state, checked }) {
    const [name, title, tone] = {
      ok: ["mdi:check-circle", "well.title", "well"],
      lost: ["mdi:help-circle-outline", "well.partly", "warning"],
      stale: ["mdi:clock-alert-outline", "well.stale", "warning"],
      starting: ["mdi:timer-sand", "well.not_yet", "info"],
      none: ["mdi:server-off", "well.nothing", "info"],
    }[state];
    const more = { starting: "well.not_yet.more", none: "well.nothing.more" }[state];
    const words = make("div", { class: "words" }, make("h2", {}, text(this.hass, title)));
    if (more) words.append(make("p", { class: "quiet" }, text(this.hass, more)));
    else if (checked) words.append(make("p", { class: "quiet" }, since(this.hass, checked, "well.checked")));
    if (state === "none" && this.admin) {
      const page = `/config/integrations/integration/${DOMAIN}`;
      words.append(make("a", { href: page }, text(this.hass, "well.nothing.link")));
    }
    return make("ha-card", { class: `row ${tone}` }, icon(name), words);
  }

  /** What an approved action mended stays for a day, with who approved it. */
  #mendedBy(mended) {
    const words = make(
      "div",
      { class: "words" },
      make("h4", { class: "clamp" }, plain(mended.title)),
      make("p", { class: "quiet" }, plain(mended.text), " ", mended.at ? since(this.hass, mended.at) : null),
    );
    return make("li", {}, make("ha-card", { class: "row well" }, icon("mdi:wrench-check-outline"), words));
  }

  #problem(finding) {
    const severity = SEVERITIES.includes(finding.severity) ? finding.severity : "info";
    const words = make(
      "div",
      { class: "words" },
      make("h3", { class: "clamp" }, plain(finding.title)),
      this.#meta(finding),
      finding.meaning ? make("p", { class: "clamp" }, plain(finding.meaning, 600)) : null,
      finding.advice ? make("p", { class: "clamp" }, plain(finding.advice, 600)) : null,
      this.#hint(finding),
      this.#changes(finding.changes ?? []),
      this.#buttons(finding),
    );
    const lead = make("div", { class: "lead" }, icon(ICONS[severity]), words);
    return make("li", {}, make("ha-card", { class: `item ${severity}` }, lead));
  }

  #meta(finding) {
    const name = plain(finding.object_name || finding.source_name, 60);
    const page = finding.device_id ? `/config/devices/device/${encodeURIComponent(finding.device_id)}` : null;
    return make(
      "p",
      { class: "meta" },
      make("span", { class: "chip" }, word(this.hass, "severity", finding.severity)),
      name && (page ? make("a", { href: page }, make("bdi", {}, name)) : make("bdi", {}, name)),
      finding.since ? since(this.hass, finding.since, "problem.since") : null,
      finding.count > 1 ? make("span", {}, text(this.hass, "problem.times", { count: finding.count })) : null,
      finding.frozen ? make("span", {}, text(this.hass, "problem.frozen")) : null,
    );
  }

  #hint(finding) {
    if (finding.done) {
      return make("p", { class: "hint" }, plain(finding.done, 600), " ", text(this.hass, "problem.done"));
    }
    if (!finding.proposal) return null;
    const verb = plain(finding.verb, 60) || text(this.hass, "act.approve");
    if (!this.admin) return make("p", { class: "hint" }, text(this.hass, "problem.proposal.others", { verb }));
    const risk = word(this.hass, "risk", finding.risk);
    const said = make("span", {}, text(this.hass, "problem.proposal", { verb, risk }), " ");
    const view = `/${location.pathname.split("/")[1]}/approvals`;
    return make("p", { class: "hint" }, said, make("a", { href: view }, text(this.hass, "problem.proposal.link")));
  }

  #changes(changes) {
    if (!changes.length) return null;
    const line = (each) => make("li", {}, since(this.hass, each.at), ": ", make("bdi", {}, plain(each.text)));
    const lines = changes.slice(0, 20).map(line);
    return make("details", {}, make("summary", {}, text(this.hass, "problem.changes")), make("ul", {}, lines));
  }

  #buttons({ id, title, answers }) {
    const of = (action) =>
      this.doing(text(this.hass, `act.${action}`), action, { finding: id }, { title, label: `act.${action}.of` });
    const buttons = this.admin ? [of("acknowledge"), of("snooze")] : [];
    const repaired = this.admin ? REPAIRED.filter((each) => answers?.includes(each)) : [];
    buttons.unshift(...repaired.map((each) => this.#inRepairs(each, title)));
    // to do less is everybody's
    if (answers?.includes("cancel")) buttons.unshift(this.#cancel(title));
    return buttons.length ? make("div", { class: "buttons" }, buttons) : null;
  }

  #cancel(title) {
    const how = { title, kind: "strong", label: "act.power_cancel.of" };
    return this.doing(text(this.hass, "act.cancel"), "power_cancel", {}, how);
  }

  /** What is answered in Repairs, where it is explained first. */
  #inRepairs(answer, title) {
    const said = text(this.hass, `act.${answer}`);
    return make("a", { class: "button", href: "/config/repairs", "aria-label": `${said}: ${plain(title, 80)}` }, said);
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

  /** A folded list that keeps being open or closed while its content changes. */
  #fold(place, key, items, build) {
    if (!items.length) {
      place.replaceChildren();
      return;
    }
    if (!place.firstChild) place.append(make("details", {}, make("summary"), make("ul")));
    const [summary, list] = place.firstChild.children;
    summary.textContent = text(this.hass, key, { count: items.length });
    keep(list, items, (each) => each.id, build);
  }

  #silent(finding, all) {
    const said = make("p", { class: "quiet" }, this.#whySilent(finding, all));
    return make("li", {}, make("h4", {}, plain(finding.title)), said);
  }

  #whySilent(finding, all) {
    const who = plain(finding.acknowledged_by, 60);
    const at = moment(this.hass, finding.snoozed_until);
    const cause = plain(all.find((each) => each.id === finding.inhibited_by)?.title, 80);
    const [key, values, bare] = {
      acknowledged: ["problem.acknowledged", { who }, "problem.acknowledged.nobody"],
      snoozed: ["problem.snoozed", { at }, "problem.snoozed.open"],
      inhibited: ["problem.inhibited", { cause }, "problem.inhibited.unknown"],
      dismissed: ["problem.dismissed", { ok: true }, ""],
    }[finding.state];
    return text(this.hass, Object.values(values)[0] ? key : bare, values);
  }
}
