// What the viewers of a show really see, as those who run it are told (server/wire, truth.go): GET /api/shows/{show}/truth.

/** A part of the way from the camera to the screen; "" is nobody's fault, or nobody knows whose. */
export type Hop = "" | "capture" | "encode" | "uplink" | "server" | "last_mile";

/** Times in ms, shares 0 to 1, bit/s. */
export interface Truth {
  readonly show: string;
  readonly at: string;
  readonly viewers: number;
  readonly all: Seen;
  readonly byProtocol: Readonly<Partial<Record<"whep" | "hls", Seen>>>;
  readonly hops: Hops;
  readonly verdict: Verdict;
}

export interface Verdict {
  readonly hop: Hop;
  readonly since: string;
  /** Which sentence says it; figures fill it. */
  readonly finding: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Seen {
  readonly viewers: number;
  readonly suffering: number;
  readonly latencyP50: number;
  readonly latencyP95: number;
  readonly fps: number;
  readonly freezing: number;
  /** A viewer and minute. */
  readonly frozen: number;
  readonly concealed: number;
}

/** A hop that nobody has told about or measured is missing. */
export interface Hops {
  readonly capture?: { readonly wanted: number; readonly fps: number; readonly stopped: boolean; readonly dropped: number };
  readonly encode?: { readonly fps: number; readonly time: number; readonly queue: number; readonly dropped: number; readonly reduced: boolean; readonly height: number; readonly pictures: number; readonly stalled: number; readonly late: number };
  readonly uplink?: {
    readonly fps: number;
    readonly bitrate: number;
    readonly stalled: number;
    readonly skipped: number;
    readonly loss: number;
    readonly unrepaired: number;
    readonly jitter: number;
    readonly quiet: number;
    readonly way?: { readonly rtt: number; readonly loss: number; readonly bandwidth: number; readonly bitrate: number; readonly dropped: number };
  };
  readonly server?: { readonly cpu: number; readonly late: number; readonly queued: number; readonly dropped: number };
  readonly lastMile?: { readonly loss: number; readonly lossP95: number; readonly rtt: number; readonly rttP95: number; readonly limited: number; readonly silent: number };
}
