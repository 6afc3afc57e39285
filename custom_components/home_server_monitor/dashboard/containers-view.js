/** The view of the containers: problems first, then what each engine runs and what stays dark. */

import { card, heading, section } from "./cards.js";
import { text } from "./texts.js";
import { enginesOf, nameOf, serversOf, sourceOf } from "./tree.js";

export class ContainersView extends HTMLElement {
  static registryDependencies = ["devices"];

  static async generate(config, hass) {
    const servers = serversOf(hass, config.server);
    const sections = servers.flatMap(({ device: server, key }) =>
      enginesOf(hass, server).flatMap((device) => {
        const title = heading(nameOf(device), { icon: "mdi:docker", device });
        const source = sourceOf(device);
        return [
          section([title, { ...card("findings", key), source }], { column_span: 2 }),
          section([{ ...card("engine"), device: device.id, source }], { column_span: 2 }),
        ];
      }),
    );
    if (!sections.length) sections.push(section([heading(text(hass, "engine.none"), { icon: "mdi:docker" })]));
    return { type: "sections", max_columns: 2, sections };
  }
}
