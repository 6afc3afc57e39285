/** The second view: what waits for an administrator, and what was done. */

import { card, heading, section } from "./cards.js";
import { text } from "./texts.js";
import { controlsOf, nameOf, serversOf } from "./tree.js";

const FEATURES = { select: "select-options", switch: "toggle" };

function control(entity) {
  const features = [{ type: FEATURES[entity.split(".")[0]] }];
  return { type: "tile", entity, name: { type: "entity" }, features, grid_options: { columns: "full" } };
}

export class ApprovalsView extends HTMLElement {
  static registryDependencies = ["entities", "devices"];

  static async generate(config, hass) {
    const servers = serversOf(hass, config.server);
    const sections = servers.flatMap(({ device, key }) => {
      const name = servers.length > 1 ? [heading(nameOf(device), { icon: "mdi:server" })] : [];
      const asked = [...name, card("proposals", key)];
      if (!hass.user?.is_admin) return [section(asked)];
      asked.push(card("standing", key));
      const controls = device ? controlsOf(hass, device, Object.keys(FEATURES)) : [];
      if (controls.length) asked.push(heading(text(hass, "controls.title"), { icon: "mdi:shield-check" }));
      return [section([...asked, ...controls.map(control)]), section([card("journal", key)])];
    });
    return { type: "sections", max_columns: 2, sections };
  }
}
