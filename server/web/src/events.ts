// What a session's data channel "events" carries (server/wire, event.go): JSON, one object a message.

import { readShow, type Show } from "./wire";

/** One size of the picture; height in pixels, 0 while not known; bitrate in bit/s. */
export interface Layer {
  readonly id: string;
  readonly height: number;
  readonly bitrate: number;
}

/** The sizes in which the picture is sent, ascending; which of them is sent to us, "" for none; and which we asked for. */
export interface Layers {
  readonly type: "layers";
  readonly layers: readonly Layer[];
  readonly current: string;
  readonly pinned: string;
}

/** How the way to us does, as the server sees it. */
export interface LinkFigures {
  readonly type: "link";
  /** Estimated bandwidth towards us, in bit/s. */
  readonly down: number;
  /** Share of packets that we reported as lost, 0 to 1. */
  readonly loss: number;
  /** Round trip in ms. */
  readonly rtt: number;
  /** Copies sent of each packet. */
  readonly redundancy: number;
}

/**
 * How the picture's time stamps go with media time: a frame with that RTP time stamp was taken at media, in ms on the host's
 * clock, and those after it later by their distance, until a newer clock begins.
 */
export interface MediaClock {
  readonly type: "clock";
  readonly rtp: number;
  readonly media: number;
}

/** What the server tells. */
export type Event = { readonly type: "show"; readonly show: Show } | Layers | LinkFigures | MediaClock;

type Fields = Readonly<Record<string, unknown>>;

const num = (o: Fields, key: string): number => (typeof o[key] === "number" && Number.isFinite(o[key]) ? Math.max(0, o[key]) : 0);
const str = (o: Fields, key: string): string => (typeof o[key] === "string" ? o[key] : "");

/** Reads a message; undefined for what is no event or one that this page does not know. */
export function readEvent(message: unknown): Event | undefined {
  try {
    const o = JSON.parse(String(message)) as Fields;
    switch (o["type"]) {
      case "show":
        return { type: "show", show: readShow(o["show"]) };
      case "layers":
        return { type: "layers", layers: (o["layers"] as Fields[]).map(readLayer), current: str(o, "current"), pinned: str(o, "pinned") };
      case "link":
        return { type: "link", down: num(o, "down"), loss: Math.min(1, num(o, "loss")), rtt: num(o, "rtt"), redundancy: Math.max(1, num(o, "redundancy")) };
      case "clock":
        return readClock(o);
    }
  } catch {
    // Not JSON, or not of this form: the next message may be.
  }
  return undefined;
}

const readLayer = (o: Fields): Layer => ({ id: str(o, "id"), height: num(o, "height"), bitrate: num(o, "bitrate") });

/** A clock with half of its numbers tells nothing. */
const readClock = ({ rtp, media }: Fields): MediaClock | undefined =>
  Number.isFinite(rtp) && Number.isFinite(media) ? { type: "clock", rtp: rtp as number, media: media as number } : undefined;

/** The wish for a layer, "" for the server's choice, as a message. */
export const pinLayer = (id: string): string => JSON.stringify({ type: "layer", id });

/** The wish for the picture, as large as it is seen, or for sound alone, as a message. */
export const seePicture = (picture: boolean, height: number): string => JSON.stringify({ type: "show", picture, height });
