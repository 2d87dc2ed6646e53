// What the player needs of the world.

import type { Event } from "./events";
import type { Report } from "./report";
import type { Sample } from "./sample";
import type { Show } from "./wire";

/** How the transport of a session does: shaky may come back, lost does not. */
export type Link = "connecting" | "up" | "shaky" | "lost";

/** A joined show. */
export interface Session {
  readonly stream: MediaStream;
  /** Called whenever link may have changed. */
  onlink: () => void;
  /** Called with whatever the server tells within the session. */
  onevent: (e: Event) => void;
  link(): Link;
  sample(): Promise<Sample>;
  /**
   * Looks for a new way to the server, which keeps the session and all that it has agreed upon. Tells whether the server
   * still knows it. Never rejects.
   */
  restart(signal: AbortSignal): Promise<boolean>;
  /** Asks for a layer of the picture, "" for the server's choice. */
  pin(layer: string): void;
  /** Asks for the picture, as large as it is seen, in pixels of height, or for sound alone. */
  see(picture: boolean, height: number): void;
  /** Reports over the event channel, if it has one. Tells whether it does. */
  tell(report: Report): boolean;
  /** Ends the session here and at the server. Idempotent. */
  close(): void;
}

/** The world as the player needs it. Times in ms. */
export interface World {
  /** Joins the show. Throws a Refusal, or another error if the server cannot be reached. */
  join(signal: AbortSignal): Promise<Session>;
  /** Asks about the show. Throws like join. */
  ask(signal: AbortSignal): Promise<Show>;
  /** Reports without a session's event channel. It may get lost. */
  post(report: Report): void;
  /** Resolves after the time, or as soon as one of the signals fires. Never rejects. */
  pause(time: number, signals: readonly AbortSignal[]): Promise<void>;
  now(): number;
  random(): number;
  /** The page is not visible: nobody looks, and the browser may not decode the picture. */
  hidden(): boolean;
  online(): boolean;
}
