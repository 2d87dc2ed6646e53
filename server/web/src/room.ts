// The way to a room: one connection that comes back by itself. It resumes by number, so that nothing is lost, and sends what
// was asked again and again under the same ID until it is answered, so that nothing happens twice. It knows neither the page
// nor the browser: RoomWorld is all it needs of them.

import { backoff } from "./backoff";
import { Bell } from "./bell";
import { MAX_LIKES, readRoom, type Answer, type Frame, type Joined, type Wish } from "./roomwire";

/** All who were cut off together come back spread over so long, in ms. */
const SPREAD = 1000;
/** A connection that answers nothing for so long is left for another one, in ms. */
export const PATIENCE = 6000;
/** One that has brought nothing for so long is not believed to have survived a change of the network, in ms. */
const SILENCE = 15_000;
/** A connection that does not open or greet within so long is given up, in ms. */
const GREET_WITHIN = 10_000;
/** Likes are sent together, so often, in ms. */
const GATHER = 400;

/** A connection that may not be open yet. */
export interface Socket {
  onmessage: (text: unknown) => void;
  /** Called once, also when it never opened; with the code of the reason (RFC 6455 §7.4) and its text. */
  onclose: (code: number, reason: string) => void;
  send(text: string): void;
  close(): void;
}

/** The world as a room needs it. Times in ms. */
export interface RoomWorld {
  /** Connects, to hear what comes after an event; undefined for the newest events. */
  connect(after: number | undefined): Socket;
  pause(time: number, signals: readonly AbortSignal[]): Promise<void>;
  now(): number;
  random(): number;
  /** A new ID for a request: random letters and digits. */
  id(): string;
}

/** Who hears what a room tells. */
export interface RoomListener {
  joined(j: Joined): void;
  told(f: Frame): void;
  /** The connection came or went. */
  linked(on: boolean): void;
  /** The server has sent one away for good. */
  expelled(): void;
}

/** How the server closes (server/wire): it starts anew, one is banned, the room is closed. After others one comes back as after a loss. */
const RESTART = 1012;
const BANNED = 4403;
const OVER = 4410;
/** How long a closed room is left alone, in ms: a show may be opened again. */
const REST = 5000;
/** The longest pause that a server may ask for, in ms. */
const HINT = 30_000;

interface Asked {
  readonly text: string;
  readonly answer: (a: Answer) => void;
  since: number;
}

export class Room {
  readonly #asked = new Map<string, Asked>();
  readonly #hope = new Bell();
  readonly #work = new Bell();
  #running: AbortController | undefined;
  #socket: Socket | undefined;
  #joined = false;
  #through: number | undefined;
  #likes = 0;
  #heardAt = -Infinity;
  /** The pause that the server asked for. */
  #hint: number | undefined;

  constructor(
    private readonly world: RoomWorld,
    private readonly listener: RoomListener,
  ) {}

  /** Connects, and again whenever the connection is lost; does nothing when that runs. */
  start(): void {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    void this.#come(signal);
    void this.#watch(signal);
  }

  /** Leaves. What was not answered stays so. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#socket?.close();
  }

  /** Says that a try may succeed now. A connection that was silent may have died with the network: it is left. */
  nudge(): void {
    if (this.#joined && this.world.now() - this.#heardAt > SILENCE) this.#socket?.close();
    this.#hope.ring();
  }

  /** Asks for something. The answer may take as long as the server is away. */
  ask(wish: Wish): Promise<Answer> {
    const id = this.world.id();
    return new Promise((answer) => {
      const text = JSON.stringify({ id, ...wish });
      this.#asked.set(id, { text, answer, since: this.world.now() });
      if (this.#joined) this.#socket?.send(text);
      this.#work.ring();
    });
  }

  /** Likes once more. */
  like(): void {
    this.#likes++;
    this.#work.ring();
  }

  async #come(signal: AbortSignal): Promise<void> {
    const { world } = this;
    let tries = 0;
    let troubleAt = world.now();
    while (!signal.aborted) {
      const spread = this.#hint ?? (tries === 1 ? SPREAD * world.random() : 0);
      const pause = tries === 0 ? 0 : spread + backoff(tries, world.now() - troubleAt, world.random());
      this.#hint = undefined;
      if (pause > 0) await world.pause(pause, [signal, this.#hope.signal]);
      if (signal.aborted) return;
      const greeted = await this.#visit(signal);
      if (greeted) troubleAt = world.now();
      tries = greeted ? 1 : tries + 1;
    }
  }

  /** Stays in the room until the connection is lost. Tells whether it was let in. */
  async #visit(signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const socket = (this.#socket = this.world.connect(this.#through));
    let greeted = false;
    socket.onmessage = (text) => {
      this.#hear(text, socket);
      if (this.#joined) greeted = true;
    };
    socket.onclose = (code, reason) => {
      if (code === RESTART && /^\d+$/.test(reason)) this.#hint = Math.min(Number(reason), HINT);
      else if (code === OVER) this.#hint = REST;
      else if (code === BANNED && !signal.aborted) {
        this.stop();
        this.listener.expelled();
      }
      over.abort();
    };
    void this.world.pause(GREET_WITHIN, [over.signal, signal]).then(() => greeted || socket.close());
    await this.world.pause(1e9, [over.signal, signal]);
    socket.onmessage = socket.onclose = () => undefined;
    socket.close();
    this.#socket = undefined;
    if (this.#joined) this.listener.linked((this.#joined = false));
    return greeted;
  }

  #hear(text: unknown, socket: Socket): void {
    const m = readRoom(text);
    this.#heardAt = this.world.now();
    switch (m?.type) {
      case "joined":
        this.#through = m.through;
        this.#joined = true;
        this.listener.joined(m);
        this.listener.linked(true);
        for (const a of this.#asked.values()) {
          a.since = this.world.now();
          socket.send(a.text);
        }
        this.#work.ring();
        break;
      case "frame":
        this.#through = Math.max(this.#through ?? 0, m.through);
        this.listener.told(m);
        break;
      case "answer": {
        const a = this.#asked.get(m.id);
        this.#asked.delete(m.id);
        a?.answer(m);
      }
    }
  }

  /** Sends likes, and leaves a connection that does not answer. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const busy = this.#likes > 0 || this.#asked.size > 0;
      await this.world.pause(busy && this.#joined ? GATHER : 1e9, [signal, ...(busy && this.#joined ? [] : [this.#work.signal])]);
      if (!this.#joined || signal.aborted) continue;
      if (this.#likes > 0) {
        const count = Math.min(this.#likes, MAX_LIKES);
        this.#likes -= count;
        this.#socket?.send(JSON.stringify({ like: { count } }));
      }
      const oldest = this.#asked.values().next().value;
      if (oldest && this.world.now() - oldest.since > PATIENCE) this.#socket?.close();
    }
  }
}

/** The room of a show on the server that the page came from. */
export function browserRoom(show: string, pause: RoomWorld["pause"]): RoomWorld {
  return {
    connect: (after) => {
      const url = new URL(`/api/shows/${encodeURIComponent(show)}/room${after === undefined ? "" : `?after=${after}`}`, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      return open(new WebSocket(url));
    },
    pause,
    now: () => performance.now(),
    random: Math.random,
    id: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join(""),
  };
}

function open(ws: WebSocket): Socket {
  const socket: Socket = {
    onmessage: () => undefined,
    onclose: () => undefined,
    send: (text) => ws.readyState === WebSocket.OPEN && ws.send(text),
    close: () => ws.close(),
  };
  ws.onmessage = (e) => socket.onmessage(e.data);
  ws.onclose = (e) => socket.onclose(e.code, e.reason);
  return socket;
}
