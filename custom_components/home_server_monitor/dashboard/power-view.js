/** The view of power: problems first, then what the UPS says, how the plan stands, and what it takes. */

import { card, heading, section } from "./cards.js";
import { text } from "./texts.js";
import { nameOf, serversOf, sourceOf, upsesOf } from "./tree.js";

export class PowerView extends HTMLElement {
  static registryDependencies = ["entities", "devices"];

  static async generate(config, hass) {
    const servers = serversOf(hass, config.server);
    const sections = servers.flatMap(({ device: server, key }) => {
      const units = upsesOf(hass, server);
      if (!units.length) return [];
      const title = servers.length > 1 ? nameOf(server) : text(hass, "view.power");
      // what is found about the plan is found by the server itself
      const sources = [...units.map(sourceOf), `power:${sourceOf(server)}`];
      return [
        section([heading(title, { icon: "mdi:power-plug-battery" }), { ...card("findings", key), sources }], {
          column_span: 2,
        }),
        section([card("power", key)], { column_span: 2 }),
      ];
    });
    if (!sections.length) {
      sections.push(section([heading(text(hass, "power.none"), { icon: "mdi:power-plug-battery" })]));
    }
    return { type: "sections", max_columns: 2, sections };
  }
}
