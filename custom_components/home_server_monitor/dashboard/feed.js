/** What the cards ask the integration: one question at a time, however many cards want its answer. */

import { DOMAIN } from "./texts.js";

const EVERY = 30_000; // milliseconds
const DEADLINE = 20_000;
const TOGETHER = 300; // events that come within this time are one

/** Why a card has nothing to show; `reason` is the key of a text, or a sentence of Home Assistant's own. */
export class Unavailable extends Error {
  constructor(reason, told = "") {
    super(told || reason);
    this.reason = reason;
    this.told = told;
  }
}

/** Call an action of ours; returns its response, where it has one. Throws Unavailable. */
export async function call(hass, action, data = {}) {
  const described = hass.services?.[DOMAIN]?.[action];
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Unavailable("failed.slow")), DEADLINE);
  });
  const asked = hass.callWS({
    type: "call_service",
    domain: DOMAIN,
    service: action,
    service_data: data,
    ...(action.startsWith("list_") || described?.response ? { return_response: true } : {}),
  });
  try {
    return (await Promise.race([asked, late]))?.response ?? {};
  } catch (error) {
    throw translated(error);
  } finally {
    clearTimeout(timer);
  }
}

// those of Home Assistant's own WebSocket library: cannot connect, connection lost
const OFFLINE = [1, 3];
const REASONS = { not_found: "failed.not_running", unauthorized: "admins.only" };

function translated(error) {
  if (error instanceof Unavailable) return error;
  // a connection that broke answers with the whole message, the server with what is in it
  const { code, message } = error?.error ?? error ?? {};
  if (OFFLINE.includes(code ?? error)) return new Unavailable("failed.offline");
  return new Unavailable(REASONS[code] ?? "", String(message ?? error));
}

class Feed {
  constructor(action, data) {
    this.action = action;
    this.data = data;
    this.listeners = new Set();
    this.answer = undefined;
    this.error = undefined;
    this.asking = undefined;
  }

  /** Listen to the answers; returns how to stop. */
  subscribe(listener) {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.start();
    if (this.answer || this.error) this.tell(listener);
    return () => {
      if (this.listeners.delete(listener) && !this.listeners.size) this.stop();
    };
  }

  start() {
    this.awake = () => document.hidden || this.refresh();
    this.wakeUp = () => this.refresh();
    document.addEventListener("visibilitychange", this.awake);
    this.connection = this.hass.connection;
    this.connection.addEventListener("ready", this.wakeUp);
    this.events = this.hass.user?.is_admin ? this.listen(this.connection) : undefined;
    this.refresh();
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.soon);
    document.removeEventListener("visibilitychange", this.awake);
    this.connection.removeEventListener("ready", this.wakeUp);
    this.events?.then((unsubscribe) => unsubscribe?.()).catch(() => undefined);
  }

  async listen(connection) {
    const heard = () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.refresh(), TOGETHER);
    };
    try {
      const kinds = [`${DOMAIN}_alert`, `${DOMAIN}_progress`];
      const ends = await Promise.all(kinds.map((kind) => connection.subscribeEvents(heard, kind)));
      return () => ends.forEach((end) => end());
    } catch {
      return undefined; // then the clock alone tells
    }
  }

  /** Ask again, after what is being asked now. */
  async refresh() {
    clearTimeout(this.timer);
    const asking = (this.asking = (this.asking ?? Promise.resolve()).then(() => this.ask()));
    await asking;
    if (this.asking !== asking) return;
    this.asking = undefined;
    if (this.listeners.size) this.timer = setTimeout(() => (document.hidden ? undefined : this.refresh()), EVERY);
  }

  async ask() {
    try {
      this.answer = await call(this.hass, this.action, this.data);
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
    for (const listener of this.listeners) this.tell(listener);
  }

  /** A card that fails takes no other one with it. */
  tell(listener) {
    try {
      listener(this);
    } catch (failure) {
      console.error(`${DOMAIN}:`, failure);
    }
  }
}

const feeds = new Map();

/** The feed of a question; all who ask the same one share it. */
export function feedOf(hass, action, data = {}) {
  const key = JSON.stringify([action, data]);
  const feed = feeds.get(key) ?? new Feed(action, data);
  feeds.set(key, feed);
  feed.hass = hass;
  return feed;
}
