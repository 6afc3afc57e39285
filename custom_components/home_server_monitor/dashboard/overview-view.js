/** The first view: problems first, then what is connected, then a few values of everything. */

import { card, heading, section } from "./cards.js";
import { text, word } from "./texts.js";
import { hostsOf, nameOf, serversOf, upsesOf } from "./tree.js";

const MOST = 48; // tiles of one kind; more are a list that nobody reads
const SHORT = 15; // letters that fit on half of a phone
const ICONS = {
  "": "mdi:server",
  pool: "mdi:database",
  disk: "mdi:harddisk",
  ups: "mdi:power-plug-battery",
  app: "mdi:apps",
  container: "mdi:docker",
  stack: "mdi:layers-triple",
  machine: "mdi:monitor",
};

function tile({ entity_id: entity }, name, wide) {
  return { type: "tile", entity, name: { type: name }, ...(wide ? { grid_options: { columns: "full" } } : {}) };
}

/** What has parts, such as the NAS, comes first, then what feeds it with power, then the services. */
function hostsInOrder(hosts, units) {
  const place = ({ device, parts }) => (parts.size ? 0 : units.includes(device) ? 1 : 2);
  return [...hosts].sort((one, other) => place(one) - place(other));
}

/** The values of one device, two in a row; where one would be alone it is the first, and has the row for itself. */
const tiles = (values) => values.map((each, place) => tile(each, "entity", place === 0 && values.length % 2 === 1));

const subtitle = (said, device) => heading(said, { device, style: "subtitle" });

/** A part with one value is one tile with its own name; with more values it has a heading. */
function partTiles(parts) {
  const isLong = ({ device, values }) => values.length === 1 && nameOf(device).length > SHORT;
  // what needs a row for itself comes last: the others stay two in a row
  const inOrder = [...parts.filter((each) => !isLong(each)), ...parts.filter(isLong)];
  return inOrder.flatMap((part) => {
    const { device, values } = part;
    if (values.length === 1) return [tile(values[0], "device", isLong(part))];
    return [subtitle(nameOf(device), device), ...tiles(values)];
  });
}

function sectionsOf(hass, { device, values, parts }, units) {
  const sections = [...parts].map(([kind, found]) => {
    const title = kind ? word(hass, "tiles", kind) : nameOf(device);
    const more = found.length - MOST;
    return section([
      heading(title, { icon: ICONS[kind] ?? "mdi:cube-outline" }),
      ...partTiles(found.slice(0, MOST)),
      ...(more > 0 ? [subtitle(text(hass, "tiles.more", { count: more }), device)] : []),
    ]);
  });
  const icon = ICONS[units.includes(device) ? "ups" : ""];
  const title = heading(nameOf(device), { icon, device });
  if (values.length) sections.unshift(section([title, ...tiles(values)]));
  return sections;
}

export class OverviewView extends HTMLElement {
  static registryDependencies = ["entities", "devices"];

  static async generate(config, hass) {
    const servers = serversOf(hass, config.server);
    const sections = servers.flatMap(({ device, key }) => {
      const name = servers.length > 1 ? [heading(nameOf(device), { icon: ICONS[""] })] : [];
      const connected = heading(text(hass, "sources.title"), { icon: "mdi:connection" });
      return [
        section([...name, card("findings", key)], { column_span: 2 }),
        section([connected, card("sources", key)]),
      ];
    });
    for (const { device } of servers) {
      const units = upsesOf(hass, device);
      for (const host of hostsInOrder(hostsOf(hass, device), units)) sections.push(...sectionsOf(hass, host, units));
    }
    return { type: "sections", max_columns: 3, dense_section_placement: true, sections };
  }
}
