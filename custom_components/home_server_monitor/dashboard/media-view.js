/** The view of media: problems first, then what is held back and why, what is queued, loaded and watched. */

import { card, heading, section } from "./cards.js";
import { text } from "./texts.js";
import { mediaOf, nameOf, serversOf, sourceOf } from "./tree.js";

export class MediaView extends HTMLElement {
  static registryDependencies = ["devices"];

  static async generate(config, hass) {
    const servers = serversOf(hass, config.server);
    const sections = servers.flatMap(({ device: server, key }) => {
      const media = mediaOf(hass, server);
      if (!media.length) return [];
      const title = servers.length > 1 ? nameOf(server) : text(hass, "view.media");
      // what is found about the line is found by the server itself
      const sources = [...media.map(sourceOf), `uplink:${sourceOf(server)}`];
      return [
        section([heading(title, { icon: "mdi:filmstrip" }), { ...card("findings", key), sources }], {
          column_span: 2,
        }),
        section([card("media", key)], { column_span: 2 }),
      ];
    });
    if (!sections.length) sections.push(section([heading(text(hass, "media.none"), { icon: "mdi:filmstrip" })]));
    return { type: "sections", max_columns: 2, sections };
  }
}
