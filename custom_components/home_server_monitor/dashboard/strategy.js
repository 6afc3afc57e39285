/** The way in: Home Assistant loads this file; it defines the views and the cards and offers the dashboard. */

import { ApprovalsView } from "./approvals-view.js";
import { ContainersView } from "./containers-view.js";
import { EngineCard } from "./engine-card.js";
import { FindingsCard } from "./findings-card.js";
import { JournalCard } from "./journal-card.js";
import { MediaCard } from "./media-card.js";
import { MediaView } from "./media-view.js";
import { OverviewView } from "./overview-view.js";
import { PowerCard } from "./power-card.js";
import { PowerView } from "./power-view.js";
import { ProposalsCard } from "./proposals-card.js";
import { SourcesCard } from "./sources-card.js";
import { StandingCard } from "./standing-card.js";
import { TYPE, text } from "./texts.js";
import { enginesOf, mediaOf, serversOf, upsesOf } from "./tree.js";

/** A later view is one more row here. */
const VIEWS = [
  { path: "overview", element: OverviewView },
  { path: "containers", element: ContainersView, shown: (hass, server) => has(enginesOf, hass, server) },
  { path: "media", element: MediaView, shown: (hass, server) => has(mediaOf, hass, server) },
  { path: "power", element: PowerView, shown: (hass, server) => has(upsesOf, hass, server) },
  { path: "approvals", element: ApprovalsView },
];
const CARDS = {
  findings: FindingsCard,
  sources: SourcesCard,
  engine: EngineCard,
  media: MediaCard,
  power: PowerCard,
  proposals: ProposalsCard,
  standing: StandingCard,
  journal: JournalCard,
};

const has = (found, hass, server) => serversOf(hass, server).some(({ device }) => found(hass, device).length > 0);

class Dashboard extends HTMLElement {
  static noEditor = true;
  // a first engine brings its view, and so do the entities of a first UPS
  static registryDependencies = ["entities", "devices"];

  static async generate(config, hass) {
    const server = config.server ? { server: config.server } : {};
    return {
      title: text(hass, "dashboard.name"),
      views: VIEWS.filter(({ shown }) => !shown || shown(hass, config.server)).map(({ path }) => ({
        title: text(hass, `view.${path}`),
        path,
        strategy: { type: `custom:${TYPE}-${path}`, ...server },
      })),
    };
  }

  static getCreateSuggestions(hass) {
    return { title: text(hass, "dashboard.name"), icon: "mdi:server" };
  }
}

function define(name, element) {
  // a page that was open during an update may hold the older one already
  if (!window.customElements.get(name)) window.customElements.define(name, element);
}

function offer() {
  window.customStrategies ??= [];
  if (window.customStrategies.some((each) => each.type === TYPE)) return;
  window.customStrategies.push({
    type: TYPE,
    strategyType: "dashboard",
    name: text(undefined, "dashboard.name"),
    description: text(undefined, "dashboard.description"),
    documentationURL: "https://github.com/home-server-monitor/home-server-monitor",
  });
}

offer();
// The frontend replaces the registry of elements while it starts, and does not see what was defined before that.
await customElements.whenDefined("home-assistant");
define(`ll-strategy-dashboard-${TYPE}`, Dashboard);
for (const { path, element } of VIEWS) define(`ll-strategy-view-${TYPE}-${path}`, element);
for (const [name, element] of Object.entries(CARDS)) define(`${TYPE}-${name}`, element);
