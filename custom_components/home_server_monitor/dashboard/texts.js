/** Every word that people read here. A translation is one more object beside `en`; what it lacks stays English. */

import { plain } from "./dom.js";

export const DOMAIN = "home_server_monitor";
export const TYPE = "home-server-monitor";

const TEXTS = {
  en: {
    "dashboard.name": "Home server",
    "dashboard.description": "What is wrong with your home server, what is proposed about it, and what was done.",
    "view.overview": "Overview",
    "view.containers": "Containers",
    "view.approvals": "Approvals",

    "well.title": "All well",
    "well.checked": "Checked {ago}",
    "well.not_yet": "Still looking",
    "well.not_yet.more": "The first look at everything is not complete yet.",
    "well.partly": "Nothing wrong found, but not everything answers",
    "well.stale": "Nothing wrong was found, but nobody looked lately",
    "well.nothing": "Nothing is watched yet",
    "well.nothing.more": "Add a NAS in Home Assistant's settings.",
    "well.nothing.link": "Add one",

    "problems.one": "{count} problem",
    "problems.other": "{count} problems",
    "problems.rest.one": "{count} more that you know of or that follows from another",
    "problems.rest.other": "{count} more that you know of or that follow from another",
    "problems.notes.one": "{count} note",
    "problems.notes.other": "{count} notes",
    "problems.more": "Show {count} more",
    "problems.fewer": "Show fewer",
    "problem.since": "since {at}, {ago}",
    "problem.times": "{count} times",
    "problem.frozen": "as last seen; the source does not answer",
    "problem.changes": "What changed before",
    "problem.proposal": "Proposed: {verb} ({risk})",
    "problem.proposal.link": "See Approvals",
    "problem.proposal.others": "An administrator is asked about it: {verb}",
    "problem.acknowledged": "Acknowledged by {who}",
    "problem.acknowledged.nobody": "Acknowledged",
    "problem.snoozed": "Snoozed until {at}",
    "problem.snoozed.open": "Snoozed",
    "problem.inhibited": "Follows from: {cause}",
    "problem.inhibited.unknown": "Follows from another problem",
    "problem.dismissed": "Dismissed",

    "act.acknowledge": "Acknowledge",
    "act.acknowledge.of": "Acknowledge: {title}",
    "act.snooze": "Snooze",
    "act.snooze.of": "Snooze: {title}",
    "act.deny": "Deny",
    "act.deny.of": "Deny: {title}",
    "act.after": "After it ends",
    "act.after.of": "Approve it for after that ends: {title}",
    "act.cancel": "Cancel",
    "act.cancel.of": "Cancel what waits: {title}",
    "act.approve": "Approve",
    "act.approve.of": "Approve: {verb}, {title}",
    "act.repairs": "Open in Repairs",
    "said.acknowledge": "Acknowledged: {title}",
    "said.snooze": "Snoozed: {title}",
    "said.approve": "Approved: {title}",
    "said.deny": "Denied: {title}",
    "failed.act": "That did not work: {why}",

    "severity.critical": "Critical",
    "severity.high": "Serious",
    "severity.warning": "Warning",
    "severity.info": "Note",
    "risk.low": "low risk",
    "risk.medium": "medium risk",
    "risk.high": "high risk",

    "sources.title": "Connected",
    "sources.ok": "Connected",
    "sources.lost": "Does not answer",
    "sources.starting": "Still looking",
    "sources.disabled": "Switched off",
    "sources.found": "Found: {found}",
    "sources.missing": "Missing",
    "sources.add": "Connect more",

    "engine.none": "No container engine is connected",
    "engine.name": "Container",
    "engine.state": "State",
    "engine.running": "Running",
    "engine.unhealthy": "Unhealthy",
    "engine.updates": "Updates",
    "engine.cpu": "CPU",
    "engine.memory": "Memory",
    "engine.traffic": "Network",
    "engine.reclaimable": "Reclaimable",
    "engine.audit": "Safety",
    "engine.serious.one": "{count} serious",
    "engine.serious.other": "{count} serious",
    "engine.version": "Version",
    "engine.update": "New: {version}",
    "engine.stacks": "Stacks and compose projects",
    "engine.stack": "{count} running",
    "engine.of": "{count} of {all}",
    "run.running": "Running",
    "run.exited": "Ended",
    "run.created": "Never started",
    "run.restarting": "Keeps restarting",
    "run.paused": "Paused",
    "run.removing": "Being removed",
    "run.dead": "Dead",
    "run.unhealthy": "Unhealthy",
    "run.inactive": "Down",

    "proposals.title": "Waiting for you",
    "proposals.none": "Nothing waits for you",
    "proposals.none.more": "What the server would like to do about a problem is asked here first.",
    "proposals.history": "Decided lately",
    "proposals.typed": "It interrupts things, so Repairs asks you to type the name: {name}",
    "proposals.high": "It interrupts things, so it is approved in Repairs.",
    "proposal.waits": "Waits",
    "proposal.not_now": "Not now",
    "proposal.interrupts": "Interrupts",
    "proposal.what": "What",
    "proposal.why": "Why",
    "proposal.undo": "Undo",
    "proposal.depends": "Depends on it",
    "proposal.expires": "Expires {when}",
    "proposal.expired": "Expired",
    "state.proposed": "Proposed",
    "state.approved": "Approved",
    "state.denied": "Denied",
    "state.expired": "Expired",
    "state.superseded": "No longer fits",
    "state.running": "Running",
    "state.verifying": "Being checked",
    "state.succeeded": "Done",
    "state.failed": "Failed",
    "state.rolled_back": "Taken back",
    "state.inconclusive": "Nobody can say whether it worked",
    "state.cancelled": "Cancelled",

    "journal.title": "Journal",
    "journal.none": "Nothing was done yet.",
    "journal.by": "by {who}",
    "admins.only": "Approvals and the journal are for administrators of this Home Assistant.",
    "controls.title": "How much it may do",

    "tiles.disk": "Disks",
    "tiles.pool": "Pools",
    "tiles.app": "Apps",
    "tiles.machine": "Machines",
    "tiles.ups": "UPS",
    "tiles.container": "Containers",
    "tiles.stack": "Stacks",
    "tiles.more": "and {count} more",

    "failed.title": "Not available",
    "failed.not_running": "Home Server Monitor is not running.",
    "failed.slow": "Home Assistant did not answer in time.",
    "failed.offline": "Home Assistant cannot be reached.",
    "failed.shown": "This card cannot show what it was told.",
    "failed.retry": "Try again",
    "loading": "Loading",

    "ago.now": "just now",
    "ago.s": "{count} s ago",
    "ago.min": "{count} min ago",
    "ago.h": "{count} h ago",
    "ago.d.one": "{count} day ago",
    "ago.d.other": "{count} days ago",
    "in.now": "now",
    "in.s": "in {count} s",
    "in.min": "in {count} min",
    "in.h": "in {count} h",
    "in.d.one": "in {count} day",
    "in.d.other": "in {count} days",
  },
};

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
