import { insist } from "./insist";

/** What is sent with a request. */
export interface Request {
  readonly method: "GET" | "POST" | "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long the server may take, all tries together, in ms. */
  readonly within: number;
}

/**
 * Sends a request as often as it takes (see insist), and returns the answer when all of it is here. What changes something
 * carries a key of its own, so that the server does it once however many tries arrive.
 */
export async function request(address: string, { within, ...init }: Request, signal: AbortSignal): Promise<Response> {
  const headers = init.method === "GET" ? init.headers : { ...init.headers, "Idempotency-Key": newKey() };
  const send = async (signal: AbortSignal): Promise<Response> => {
    const response = await fetch(address, { ...init, headers, cache: "no-store", signal });
    const text = await response.text();
    return new Response(text === "" ? null : text, response);
  };
  return insist(send, pause, limit(signal, within));
}

/** 128 random bits; randomUUID is for pages by TLS alone. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16).padStart(8, "0")).join("");
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

/** A signal that fires with the given one, or after the time in ms. */
function limit(signal: AbortSignal, time: number): AbortSignal {
  const limited = new AbortController();
  void pause(time, [signal]).then(() => limited.abort());
  return limited.signal;
}
