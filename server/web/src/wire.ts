// The part of server/wire that the page speaks: the same JSON, read with care, because a proxy on the way may answer
// anything.

/** What everybody may know about a show. */
export interface Show {
  readonly id: string;
  readonly title: string;
  readonly state: "open" | "closed";
  /** A publisher is connected and media flows. */
  readonly live: boolean;
  /** The host's media is gone but the show goes on. */
  readonly interrupted: boolean;
  /** The codec on air, "H264" or "VP8"; empty for sound alone and while nothing is on air. */
  readonly video: string;
  /** Connected viewers. */
  readonly viewers: number;
  /** When the show went on air, in ms of the server's clock; absent while it is not. */
  readonly since?: number;
}

/** The codes of errors that the page acts upon. Any other string may come and counts as a passing trouble. */
export type Code = "not_live" | "show_closed" | "not_found" | "no_codec" | "rate_limited" | "unavailable";

/** A refusal of the server, or of something before it. */
export class Refusal extends Error {
  /**
   * @param status HTTP status
   * @param code the code of the problem body (RFC 9457), "" if there was none
   * @param retryAfter ms after which trying again makes sense; undefined where the server did not say
   */
  constructor(
    readonly status: number,
    readonly code: Code | "",
    readonly retryAfter?: number,
  ) {
    super(`the server answered ${status} ${code}`);
  }
}

/** Reads a show; throws a TypeError for what is none. */
export function readShow(json: unknown): Show {
  const o = json as Record<string, unknown> | null;
  if (typeof o !== "object" || o === null || typeof o["id"] !== "string" || typeof o["live"] !== "boolean") {
    throw new TypeError("not a show");
  }
  const since = typeof o["since"] === "string" ? Date.parse(o["since"]) : NaN;
  return {
    id: o["id"],
    title: typeof o["title"] === "string" && o["title"] !== "" ? o["title"] : o["id"],
    state: o["state"] === "closed" ? "closed" : "open",
    live: o["live"],
    interrupted: o["interrupted"] === true,
    video: typeof o["video"] === "string" ? o["video"] : "",
    viewers: typeof o["viewers"] === "number" ? o["viewers"] : 0,
    ...(Number.isNaN(since) ? {} : { since }),
  };
}

/** Makes the Refusal of a failed answer. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  const retryAfter = seconds >= 0 ? seconds * 1000 : undefined;
  let code = "";
  try {
    code = String(((await response.json()) as { code?: unknown } | null)?.code ?? "");
  } catch {
    // A proxy's error page has no code; the status has to do.
  }
  return new Refusal(response.status, code as Code | "", retryAfter);
}
