// The way to a room: one connection that comes back by itself. It resumes by number, so that nothing is lost, and sends what
// was asked again and again under the same ID until it is answered, so that nothing happens twice. Where the connection is of no use,
// it takes a detour besides; since all is numbered, it does not matter which way brings what, or both. It knows neither the page nor
// the browser: RoomWorld is all it needs of them.

import { backoff } from "./backoff";
import { Bell } from "./bell";
import { MAX_LIKES, readRoom, type Answer, type Frame, type Joined, type Wish } from "./roomwire";

/** All who were cut off together come back spread over so long, in ms. */
const SPREAD = 1000;
/** A connection that answers nothing for so long is left for another one, in ms. */
export const PATIENCE = 6000;
/** The same where there is a detour. */
const DOUBT = 3000;
/** One that has brought nothing for so long is not believed to have survived a change of the network, in ms. */
const SILENCE = 15_000;
/** A connection that does not open or greet within so long is given up, in ms. */
const GREET_WITHIN = 10_000;
/** The same for the detour: what is asked of it again waits behind what it carries already, so that giving up early only adds to that. */
const DETOUR_PATIENCE = 30_000;
/** The detour is taken when the usual way has been of no use for so long, in ms. */
export const DETOUR = 2000;
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

/** Another way to the room. */
export interface Detour {
  connect(after: number | undefined): Socket;
  /** Gets ready for being needed. */
  prepare(): void;
  /** The usual way cannot be trusted. */
  readonly lossy: boolean;
  /** Fires when it may be lossy or passable, or no more. */
  readonly news: AbortSignal;
}

/** The world as a room needs it. Times in ms. */
export interface RoomWorld {
  /** Connects, to hear what comes after an event; undefined for the newest events. */
  connect(after: number | undefined): Socket;
  readonly detour?: Detour;
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

/** A way to the room, and the connection there is. */
interface Way {
  connect(after: number | undefined): Socket;
  socket: Socket | undefined;
  joined: boolean;
  /** The pause that the server asked for. */
  hint: number | undefined;
}

export class Room {
  readonly #asked = new Map<string, Asked>();
  readonly #hope = new Bell();
  readonly #work = new Bell();
  /** A connection came or went. */
  readonly #turned = new Bell();
  #running: AbortController | undefined;
  readonly #main: Way;
  readonly #side: Way | undefined;
  #through: number | undefined;
  #likes = 0;
  #heardAt = -Infinity;

  constructor(
    private readonly world: RoomWorld,
    private readonly listener: RoomListener,
  ) {
    const way = (w: Pick<Way, "connect">): Way => ({ connect: (after) => w.connect(after), socket: undefined, joined: false, hint: undefined });
    this.#main = way(world);
    this.#side = world.detour && way(world.detour);
  }

  /** The way by which to ask; undefined while there is none. */
  get #way(): Way | undefined {
    const ways = this.#fine ? [this.#main, this.#side] : [this.#side, this.#main];
    return ways.find((w) => w?.joined);
  }

  get #joined(): boolean {
    return this.#way !== undefined;
  }

  /** The usual way does what it is for. */
  get #fine(): boolean {
    return this.#main.joined && !this.world.detour?.lossy;
  }

  /** Connects, and again whenever the connection is lost; does nothing when that runs. */
  start(): void {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    void this.#come(this.#main, signal);
    void this.#watch(signal);
    if (this.#side) void this.#turn(this.#side, signal);
  }

  /** Leaves. What was not answered stays so. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    for (const w of [this.#main, this.#side]) w?.socket?.close();
  }

  /** Says that a try may succeed now. A connection that was silent may have died with the network: it is left. */
  nudge(): void {
    if (this.#main.joined && this.world.now() - this.#heardAt > SILENCE) this.#main.socket?.close();
    this.#hope.ring();
  }

  /** Asks for something. The answer may take as long as the server is away. */
  ask(wish: Wish): Promise<Answer> {
    const id = this.world.id();
    return new Promise((answer) => {
      const text = JSON.stringify({ id, ...wish });
      this.#asked.set(id, { text, answer, since: this.world.now() });
      this.#way?.socket?.send(text);
      this.#work.ring();
    });
  }

  /** Likes once more. */
  like(): void {
    this.#likes++;
    this.#work.ring();
  }

  /** Takes the detour while the usual way is of no use. */
  async #turn(side: Way, signal: AbortSignal): Promise<void> {
    const { world } = this;
    while (!signal.aborted) {
      if (this.#fine) await world.pause(1e9, [signal, this.#turned.signal, ...(world.detour ? [world.detour.news] : [])]);
      else await world.pause(DETOUR, [signal]);
      if (this.#fine || signal.aborted) continue;
      const back = new AbortController();
      const way = this.#come(side, back.signal);
      while (!signal.aborted && !this.#fine) await world.pause(DETOUR, [signal]);
      back.abort();
      await way;
    }
  }

  async #come(way: Way, signal: AbortSignal): Promise<void> {
    const { world } = this;
    let tries = 0;
    let troubleAt = world.now();
    while (!signal.aborted) {
      const spread = way.hint ?? (tries === 1 ? SPREAD * world.random() : 0);
      const pause = tries === 0 ? 0 : spread + backoff(tries, world.now() - troubleAt, world.random());
      way.hint = undefined;
      if (pause > 0) await world.pause(pause, [signal, this.#hope.signal]);
      if (signal.aborted) return;
      const greeted = await this.#visit(way, signal);
      if (greeted) troubleAt = world.now();
      tries = greeted ? 1 : tries + 1;
    }
  }

  /** Stays in the room until the connection is lost. Tells whether it was let in. */
  async #visit(way: Way, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const socket = (way.socket = way.connect(this.#through));
    let greeted = false;
    socket.onmessage = (text) => {
      this.#hear(text, way, socket);
      if (way.joined) greeted = true;
    };
    socket.onclose = (code, reason) => {
      if (code === RESTART && /^\d+$/.test(reason)) way.hint = Math.min(Number(reason), HINT);
      else if (code === OVER) way.hint = REST;
      else if (code === BANNED && !signal.aborted) {
        this.stop();
        this.listener.expelled();
      }
      over.abort();
    };
    void this.world.pause(way === this.#main ? GREET_WITHIN : DETOUR_PATIENCE, [over.signal, signal]).then(() => greeted || socket.close());
    await this.world.pause(1e9, [over.signal, signal]);
    socket.onmessage = socket.onclose = () => undefined;
    socket.close();
    way.socket = undefined;
    const linked = this.#joined;
    way.joined = false;
    if (linked && !this.#joined) this.listener.linked(false);
    this.#turned.ring();
    return greeted;
  }

  #hear(text: unknown, way: Way, socket: Socket): void {
    const m = readRoom(text);
    if (way === this.#main) this.#heardAt = this.world.now();
    switch (m?.type) {
      case "joined":
        this.#through = m.through;
        way.joined = true;
        if (way === this.#main) this.world.detour?.prepare();
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
        this.#way?.socket?.send(JSON.stringify({ like: { count } }));
      }
      const oldest = this.#asked.values().next().value;
      const patience = this.#way !== this.#main ? DETOUR_PATIENCE : this.#side ? DOUBT : PATIENCE;
      if (oldest && this.world.now() - oldest.since > patience) this.#way?.socket?.close();
    }
  }
}

/** The room of a show on the server that the page came from. */
export function browserRoom(show: string, pause: RoomWorld["pause"], detour: Detour): RoomWorld {
  return {
    detour,
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
    close: () => {
      ws.close();
      end(1006, ""); // where nothing arrives, the browser waits for seconds until it says so
    },
  };
  const end = (code: number, reason: string) => {
    ws.onmessage = ws.onclose = null;
    socket.onclose(code, reason);
  };
  ws.onmessage = (e) => socket.onmessage(e.data);
  ws.onclose = (e) => end(e.code, e.reason);
  return socket;
}
