/** The configurations that views are made of. */

import { plain } from "./dom.js";
import { TYPE } from "./texts.js";

export function section(cards, rest = {}) {
  return { type: "grid", cards, ...rest };
}

/** One of our own cards, of one server where there are several. */
export function card(name, server) {
  return { type: `custom:${TYPE}-${name}`, ...(server ? { server } : {}) };
}

/** A heading, which leads to the page of a device where there is one. */
export function heading(said, { icon, device, style = "title" } = {}) {
  const found = { type: "heading", heading: plain(said, 80), icon, heading_style: style };
  if (device) found.tap_action = { action: "navigate", navigation_path: `/config/devices/device/${device.id}` };
  return found;
}
