/** Numbers as people read them, in the user's language; null for what is not known. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

const known = (value) => typeof value === "number" && Number.isFinite(value);

export function amount(hass, value, digits = 0) {
  if (!known(value)) return null;
  return new Intl.NumberFormat(hass?.locale?.language ?? "en", { maximumFractionDigits: digits }).format(value);
}

export function percent(hass, value) {
  return known(value) ? `${amount(hass, value, value < 10 ? 1 : 0)} %` : null;
}

export function bytes(hass, value) {
  if (!known(value)) return null;
  let [size, unit] = [value, 0];
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${amount(hass, size, size < 10 && unit > 0 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Bytes a second as people know their line. */
export function megabits(hass, value) {
  return known(value) ? `${amount(hass, value / 125_000, 1)} Mbit/s` : null;
}
