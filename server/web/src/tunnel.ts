// The second way to a room: the event channel of the session that brings the picture (server/wire, roomchannel.go). Where most
// packets are lost it goes on long after TCP, and with it the WebSocket, is dead. Sessions come and go; the tunnel leads through
// the newest.

import { Bell } from "./bell";
import type { Detour, Socket } from "./room";

/** TCP is not trusted with a way that loses so much of what is sent, and what was heard of that is believed for so long, in ms. */
const LOSSY = 0.1;
const BELIEVED = 5000;
/** The server does not know who this is, or no more (server/wire). */
const UNKNOWN = 4401;
/** How a connection ends without a word (RFC 6455 §7.1.5). */
const GONE = 1006;

/** What a tunnel needs of the world. */
export interface TunnelWorld {
  /** Gets a ticket for the room, which says once who this is. */
  ticket(): Promise<string>;
  now(): number;
}

export class Tunnel implements Detour {
  readonly #news = new Bell();
  #send: ((text: string) => void) | undefined;
  #proof: Promise<void> | undefined;
  #wanted = false;
  #socket: Socket | undefined;
  #text = "";
  #lossyAt = -Infinity;

  constructor(private readonly world: TunnelWorld) {}

  get news(): AbortSignal {
    return this.#news.signal;
  }

  get lossy(): boolean {
    return this.world.now() - this.#lossyAt < BELIEVED;
  }

  /** Leads through a channel that has opened, from now on. */
  attach(send: (text: string) => void): void {
    this.#end(GONE, "");
    this.#send = send;
    this.#proof = undefined;
    if (this.#wanted) void this.#prove();
    this.#news.ring();
  }

  /** The channel has closed. */
  detach(send: (text: string) => void): void {
    if (send !== this.#send) return;
    this.#send = undefined;
    this.#end(GONE, "");
  }

  /** Takes a message of the channel's. */
  hear(message: unknown): void {
    const text = String(message);
    try {
      const { type, ...m } = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (type === "piece") {
        this.#text = (m["first"] === true ? "" : this.#text) + String(m["text"]);
        if (m["more"] !== true) this.#socket?.onmessage(this.#text);
      } else if (type === "left") {
        if (m["code"] === UNKNOWN) this.#proof = undefined;
        this.#end(Number(m["code"]), String(m["reason"] ?? ""));
      } else if (type === "link") {
        const before = this.lossy;
        if (Number(m["loss"]) > LOSSY) this.#lossyAt = this.world.now();
        if (this.lossy !== before) this.#news.ring();
      } else if (type === "joined" || type === "frame" || type === "answer") {
        this.#socket?.onmessage(text);
      }
    } catch {
      // Not JSON: the next message may be.
    }
  }

  /** Says who this is while that is easy, and to each channel that follows. */
  prepare(): void {
    this.#wanted = true;
    void this.#prove();
  }

  connect(after: number | undefined): Socket {
    const socket: Socket = {
      onmessage: () => undefined,
      onclose: () => undefined,
      send: (text) => socket === this.#socket && this.#send?.(`{"type":"room","ask":${text}}`),
      close: () => {
        if (socket !== this.#socket) return;
        this.#say({ leave: {} });
        this.#end(GONE, "");
      },
    };
    this.#socket = socket;
    void this.#prove().then(() => {
      if (socket !== this.#socket) return;
      if (this.#proof) this.#say({ enter: { n: after ?? 0 } });
      else this.#end(GONE, "");
    });
    return socket;
  }

  /** Has the server know who this is; without #proof it does not. */
  async #prove(): Promise<void> {
    const send = this.#send;
    if (!send) return;
    this.#proof ??= this.world.ticket().then((ticket) => {
      if (send === this.#send) this.#say({ ticket });
    });
    const proof = this.#proof;
    try {
      await proof;
    } catch {
      if (this.#proof === proof) this.#proof = undefined; // the next try may get one
    }
  }

  #say(wish: object): void {
    this.#send?.(JSON.stringify({ type: "room", ...wish }));
  }

  #end(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.onclose(code, reason);
  }
}
