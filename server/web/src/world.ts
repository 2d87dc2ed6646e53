// The world as the browser has it, for the player.

import type { Report } from "./report";
import { pause, request } from "./request";
import { joiner } from "./whep";
import { readRefusal, readShow, type Show } from "./wire";
import type { World } from "./session";

/** How long the server may take to tell about a show, in ms. */
const TELL_WITHIN = 5000;

/** The server's clock minus ours in ms, as of the last answer; the Date header knows whole seconds. */
export interface Clock {
  offset: number;
}

/** Makes the world of one show on the server that the page came from. */
export function browser(show: string, clock: Clock): World {
  const id = encodeURIComponent(show);
  const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  return {
    join: joiner(`/whep/${id}`),
    ask: (signal) => ask(`/api/shows/${id}`, clock, signal),
    post: (report) => post(`/api/shows/${id}/report`, name, report),
    pause,
    now: () => performance.now(),
    random: Math.random,
    hidden: () => document.hidden,
    online: () => navigator.onLine,
  };
}

/** Sends a report under the player's name. Nobody waits, and one that gets lost is followed by another. */
function post(address: string, viewer: string, report: Report): void {
  const body = JSON.stringify({ viewer, report });
  fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => undefined);
}

async function ask(address: string, clock: Clock, signal: AbortSignal): Promise<Show> {
  const response = await request(address, { method: "GET", headers: { Accept: "application/json" }, within: TELL_WITHIN }, signal);
  if (!response.ok) throw await readRefusal(response);
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date) && Math.abs(date - Date.now() - clock.offset) > 2000) clock.offset = date - Date.now();
  return readShow(await response.json());
}

/** All live shows of the server; undefined where it does not tell. */
export async function liveShows(): Promise<Show[] | undefined> {
  try {
    const response = await fetch("/api/live", { headers: { Accept: "application/json" } });
    return response.ok ? ((await response.json()) as unknown[]).map(readShow) : undefined;
  } catch {
    return undefined; // it is asked again
  }
}
