// The world as the browser has it, for the player.

import { join, limit } from "./whep";
import { readRefusal, readShow, type Show } from "./wire";
import type { World } from "./player";

/** How long the server may take to tell about a show, in ms. */
const TELL_WITHIN = 4000;

/** The server's clock minus ours in ms, as of the last answer; the Date header knows whole seconds. */
export interface Clock {
  offset: number;
}

/** Makes the world of one show on the server that the page came from. */
export function browser(show: string, clock: Clock): World {
  const id = encodeURIComponent(show);
  return {
    join: (signal) => join(`/whep/${id}`, signal),
    ask: (signal) => ask(`/api/shows/${id}`, clock, signal),
    pause,
    now: () => performance.now(),
    random: Math.random,
    hidden: () => document.hidden,
    online: () => navigator.onLine,
  };
}

async function ask(address: string, clock: Clock, signal: AbortSignal): Promise<Show> {
  const response = await fetch(address, {
    headers: { Accept: "application/json" },
    cache: "no-store",
    signal: limit(signal, TELL_WITHIN),
  });
  if (!response.ok) throw await readRefusal(response);
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date) && Math.abs(date - Date.now() - clock.offset) > 2000) clock.offset = date - Date.now();
  return readShow(await response.json());
}

/** Resolves after the time in ms, or as soon as one of the signals fires. */
export function pause(time: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const s of signals) s.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, time);
    for (const s of signals) s.addEventListener("abort", done);
    if (signals.some((s) => s.aborted)) done();
  });
}
