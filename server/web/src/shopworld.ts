// The world as the browser has it, for the shop.

import { newKey, pause, request } from "./request";
import { Refused, type Method, type ShopWorld, type Source } from "./shop";

/** How long the server may take to tell something and, because payment providers may be slow, to do something, in ms. */
const ASKED = 8000;
const ORDERED = 60_000;
/** What changes something is sent so often where nothing answers, with longer and longer pauses from this one on, in ms. */
const TRIES = 3;
const AGAIN = 400;
const ACCEPT = { Accept: "application/json" };

/** The shop of the server that the page came from. */
export function browserShop(): ShopWorld {
  return {
    listen: (show) => open(new EventSource(`/api/shop/events?show=${encodeURIComponent(show)}`)),
    send,
    pause,
    now: () => performance.now(),
    random: Math.random,
    id: () => `k${newKey()}`,
    load: (name) => {
      try {
        return sessionStorage.getItem(name) ?? "";
      } catch {
        return "";
      }
    },
    save: (name, text) => {
      try {
        sessionStorage.setItem(name, text);
      } catch {
        // A browser that keeps nothing forgets it with the page.
      }
    },
  };
}

async function send(method: Method, path: string, body?: unknown): Promise<unknown> {
  let answer: Response;
  try {
    answer = await (method === "GET" ? request(`/api${path}`, { method, headers: ACCEPT, within: ASKED }, new AbortController().signal) : order(method, path, body));
  } catch {
    throw new Refused("", "");
  }
  const json = (await answer.json().catch(() => undefined)) as { code?: unknown; detail?: unknown } | undefined | null;
  if (answer.ok) return json;
  const seconds = Number(answer.headers.get("Retry-After") ?? 0);
  throw new Refused(String(json?.code ?? ""), String(json?.detail ?? ""), seconds > 0 ? seconds * 1000 : 0);
}

/** Sends what changes something. One that is on its way is waited for, not overtaken: it may be a payment. */
async function order(method: Method, path: string, body: unknown): Promise<Response> {
  const key = newKey();
  const headers = { ...ACCEPT, "Idempotency-Key": key, ...(method === "POST" ? { "Content-Type": "application/json" } : {}) };
  for (let n = 1; ; n++) {
    try {
      return await fetch(`/api${path}`, { method, headers, signal: AbortSignal.timeout(ORDERED), ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}) });
    } catch (e) {
      if (n === TRIES) throw e;
      await pause(n * AGAIN, []);
    }
  }
}

const KINDS = ["snapshot", "stock", "product", "offer", "sold", "reservation", "order"];

/** A browser's stream goes on by itself after a loss, from where it was; it is over when the server refuses it. */
function open(events: EventSource): Source {
  const source: Source = { onopen: () => undefined, onevent: () => undefined, onend: () => undefined, close: () => events.close() };
  for (const kind of KINDS) events.addEventListener(kind, (e) => source.onevent((e as MessageEvent).data));
  events.onopen = () => source.onopen(true);
  events.onerror = () => (events.readyState === EventSource.CLOSED ? source.onend() : source.onopen(false));
  return source;
}
