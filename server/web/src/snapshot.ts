// What the player shows of itself.

import type { Layers, LinkFigures, MediaClock } from "./events";
import type { Sample } from "./sample";
import type { Show } from "./wire";

/**
 * - idle: not started, or stopped
 * - joining: no picture yet
 * - playing: media flows
 * - interrupted: the host's media stopped and is expected back
 * - reconnecting: media flowed and stopped on its way to us; the last picture stays
 * - waiting: the show has not begun, or its host has been away for long
 * - ended: the host closed the show
 * - failed: nothing that trying helps; a change on the server may
 */
export type State = "idle" | "joining" | "playing" | "interrupted" | "reconnecting" | "waiting" | "ended" | "failed";

/** Why the state is not playing, where that is known. */
export type Reason = "" | "host" | "server" | "offline" | "busy" | "unknown" | "codec" | "unsupported";

/** What the view draws. A new object for every change. */
export interface Snapshot {
  readonly state: State;
  readonly reason: Reason;
  /** Joins that failed since media last flowed. */
  readonly tries: number;
  readonly show: Show | undefined;
  /** The media of the newest session. Its first frame may not have come yet. */
  readonly stream: MediaStream | undefined;
  /** The show has sound and no picture. */
  readonly soundOnly: boolean;
  /** The sizes of the picture, as the server last told. */
  readonly layers: Layers | undefined;
}

export const idle: Snapshot = { state: "idle", reason: "", tries: 0, show: undefined, stream: undefined, soundOnly: false, layers: undefined };

/** Who follows the player. */
export interface Listener {
  changed(s: Snapshot): void;
  /** The counters of the running session, two to twenty times a second. */
  measured(s: Sample): void;
  /** What the server says about the link, once a second where it does. */
  told(l: LinkFigures): void;
  /** What the server says about the time of a session's picture. */
  timed(c: MediaClock, stream: MediaStream): void;
}
