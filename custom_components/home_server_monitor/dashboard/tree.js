/** What there is to show, found in the registries: servers, what hangs on them, and their few important values. */

import { DOMAIN } from "./texts.js";

/** The identifier that we gave a device; undefined for what is not ours. */
function identifier(device) {
  return device.identifiers?.find(([domain]) => domain === DOMAIN)?.[1];
}

export const nameOf = (device) => device.name_by_user || device.name || "";

const byName = (one, other) => nameOf(one).localeCompare(nameOf(other), undefined, { numeric: true });

/** The values of a device that are not filed as settings or diagnostics: what its maker thinks is worth a look. */
export function valuesOf(hass, device) {
  return Object.values(hass.entities).filter(
    (entity) =>
      entity.device_id === device.id &&
      entity.platform === DOMAIN &&
      !entity.entity_category &&
      !entity.hidden &&
      // a calendar says on or off, which says nothing
      !entity.entity_id.startsWith("calendar.") &&
      entity.entity_id in hass.states,
  );
}

/** Whether a device is a guardian's own: one for each household. */
function isServer(device) {
  return !device.via_device_id && device.entry_type === "service" && device.manufacturer === "Home Server Monitor";
}

const ours = (hass) => Object.values(hass.devices).filter(identifier);

/**
 * The servers that a dashboard shows, or `wanted` alone: each with its device, and with the key by which actions
 * know it where there are several. Where there is none yet, one row without a device, so that the cards say so.
 */
export function serversOf(hass, wanted) {
  const all = ours(hass).filter(isServer).sort(byName);
  const shown = all.filter((device) => !wanted || identifier(device) === wanted);
  if (!shown.length) return [{ device: undefined, key: wanted }];
  return shown.map((device) => ({ device, key: all.length > 1 ? identifier(device) : undefined }));
}

/** By what our answers name a source, told by its device. */
export const sourceOf = identifier;

const ENGINES = ["Docker", "Podman"];
const ARRS = ["Sonarr", "Radarr", "Lidarr", "Readarr", "Prowlarr", "Bazarr"];
const MEDIA = [...ARRS, "Download client", "Plex Media Server"];

/** What brings films and shows them, of a server, by their devices. */
export function mediaOf(hass, server) {
  return ours(hass)
    .filter((device) => (device.via_device_id ?? undefined) === server?.id && MEDIA.includes(device.model))
    .sort(byName);
}

/** The container engines of a server, by their devices. */
export function enginesOf(hass, server) {
  return ours(hass)
    .filter((device) => (device.via_device_id ?? undefined) === server?.id && ENGINES.includes(device.manufacturer))
    .sort(byName);
}

/** The UPSes of a server, by their devices: every maker has its own names, so they are known by what they show. */
export function upsesOf(hass, server) {
  const found = new Set(
    Object.values(hass.entities)
      .filter((entity) => entity.platform === DOMAIN && entity.translation_key === "ups_condition")
      .map((entity) => entity.device_id),
  );
  return ours(hass)
    .filter((device) => (device.via_device_id ?? undefined) === server?.id && found.has(device.id))
    .sort(byName);
}

/** The settings of a server that are entities of these domains, such as its mode. */
export function controlsOf(hass, server, domains) {
  return Object.values(hass.entities)
    .filter((entity) => entity.device_id === server.id && entity.platform === DOMAIN && !entity.hidden)
    .map((entity) => entity.entity_id)
    .filter((name) => domains.includes(name.split(".")[0]) && name in hass.states)
    .sort();
}

/** What a part is, told by its identifier, which is that of its host, its kind and its own. */
function kindOf(part, start) {
  const name = identifier(part);
  return name.startsWith(start) ? name.slice(start.length).split("_")[0] : "";
}

const KINDS = ["pool", "disk", "ups", "app", "container", "machine"];

function byKind(start) {
  const place = (part) => (KINDS.indexOf(kindOf(part, start)) + KINDS.length + 1) % (KINDS.length + 1);
  return (one, other) => place(one) - place(other) || byName(one, other);
}

/** The hosts of a server with their values, and the parts of each with theirs, by kind: pool, disk, … */
export function hostsOf(hass, server) {
  const below = (id) => ours(hass).filter((device) => (device.via_device_id ?? undefined) === id && !isServer(device));
  return below(server?.id)
    .sort(byName)
    .map((device) => {
      const start = `${identifier(device)}_`;
      const parts = new Map();
      for (const part of below(device.id).sort(byKind(start))) {
        const kind = kindOf(part, start);
        const values = valuesOf(hass, part);
        if (values.length) parts.set(kind, [...(parts.get(kind) ?? []), { device: part, values }]);
      }
      return { device, values: valuesOf(hass, device), parts };
    });
}
