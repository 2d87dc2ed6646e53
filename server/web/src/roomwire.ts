// What a room says and hears (server/wire, room.go): JSON, one object a message. What a client says is written as its type
// says; what comes is read with care, because a newer server may say more.

/** Somebody in a room. */
export interface Member {
  readonly alias: string;
  readonly name: string;
  /** host, producer, moderator, support or owner; "" for viewers. */
  readonly role: string;
}

/** An object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

const num = (o: Fields, key: string): number => (typeof o[key] === "number" && Number.isFinite(o[key]) ? Math.max(0, o[key]) : 0);
const str = (o: Fields, key: string): string => (typeof o[key] === "string" ? o[key] : "");
const yes = (o: Fields, key: string): boolean => o[key] === true;
const obj = (v: unknown): Fields => (typeof v === "object" && v !== null ? (v as Fields) : {});
const list = <T>(o: Fields, key: string, read: (o: Fields) => T): T[] => (Array.isArray(o[key]) ? o[key].map((v) => read(obj(v))) : []);
const texts = (o: Fields, key: string): string[] => (Array.isArray(o[key]) ? o[key].map(String) : []);
const counts = (o: Fields): number[] => (Array.isArray(o["counts"]) ? o["counts"].map(Number) : []);
const readMember = (o: Fields): Member => ({ alias: str(o, "alias"), name: str(o, "name"), role: str(o, "role") });

/** What an event may say, by the name of its field; each is read by its function. */
const kinds = {
  said: (o: Fields) => ({ text: str(o, "text"), reply: num(o, "reply"), mentions: texts(o, "mentions"), highlight: yes(o, "highlight") }),
  removed: (o: Fields) => ({ line: num(o, "line"), reason: str(o, "reason") }),
  highlighted: (o: Fields) => ({ n: num(o, "n") }),
  pinned: (o: Fields) => ({ line: num(o, "line") }),
  announced: (o: Fields) => ({ text: str(o, "text") }),
  showing: (o: Fields) => ({ product: str(o, "product"), offer: str(o, "offer") }),
  polled: (o: Fields) => ({ question: str(o, "question"), options: texts(o, "options"), until: num(o, "until") }),
  pollEnded: (o: Fields) => ({ poll: num(o, "poll"), counts: counts(o) }),
  asked: (o: Fields) => ({ text: str(o, "text"), like: num(o, "like") }),
  answered: (o: Fields) => ({ question: num(o, "question"), text: str(o, "text") }),
  gifted: (o: Fields) => ({ gift: str(o, "gift"), count: num(o, "count"), combo: num(o, "combo"), coins: num(o, "coins") }),
  modes: (o: Fields) => ({ pause: num(o, "pause"), followers: yes(o, "followers"), emoji: yes(o, "emoji"), paused: yes(o, "paused") }),
  held: (o: Fields) => ({ text: str(o, "text"), class: str(o, "class"), why: str(o, "why"), score: num(o, "score"), line: num(o, "line") }),
  judged: (o: Fields) => ({ held: num(o, "held"), verdict: str(o, "verdict"), reason: str(o, "reason") }),
  silenced: (o: Fields) => ({
    who: readMember(obj(o["who"])), until: num(o, "until"), ban: yes(o, "ban"), shadow: yes(o, "shadow"), lifted: yes(o, "lifted"), reason: str(o, "reason"),
  }),
  reported: (o: Fields) => ({ line: num(o, "line"), reason: str(o, "reason") }),
  // What happens on the stage is read by who shows it (stagewire.ts): most shows have none.
  staged: (o: Fields) => o,
  battled: (o: Fields) => o,
};

type Kinds = { readonly [K in keyof typeof kinds]: Readonly<ReturnType<(typeof kinds)[K]>> };
export type Kind = keyof Kinds;
export type Showing = Kinds["showing"];
export type Modes = Kinds["modes"];
export type Poll = Kinds["polled"];
export type Silenced = Kinds["silenced"];

/** An entry of a room's log. Beside its stamps it has one of the fields of kinds. */
export type RoomEvent = {
  readonly n: number;
  /** The server's time, Unix ms. */
  readonly at: number;
  /** The media time of the picture that it belongs to, ms; 0 for none. */
  readonly media: number;
  readonly by?: Member;
  /** Only the staff sees it. */
  readonly staff: boolean;
} & Partial<Kinds>;

/** A poll that has not ended. */
export interface OpenPoll extends Poll {
  readonly n: number;
  readonly counts: readonly number[];
  /** The option that one voted for; -1 for none. */
  readonly mine: number;
}

/** A question that was not answered. */
export interface OpenQuestion {
  readonly n: number;
  readonly by: Member;
  readonly text: string;
  readonly votes: number;
  readonly mine: boolean;
}

/** What changes all the time and is not in the log; only what has changed. */
export interface Now {
  readonly viewers?: number;
  readonly likes?: number;
  readonly cheers?: number;
  readonly given?: number;
  readonly typing?: number;
  readonly polls: readonly { readonly poll: number; readonly counts: readonly number[] }[];
  readonly questions: readonly { readonly n: number; readonly votes: number }[];
}

/** A kind of gift. */
export interface Gift {
  readonly id: string;
  readonly name: string;
  readonly emoji: string;
  readonly coins: number;
}

/** The first thing that one hears in a room: how it was after event through, and what came since the event that one named. */
export interface Joined {
  readonly type: "joined";
  readonly me: Member;
  readonly moderates: boolean;
  readonly state: {
    readonly pinned?: RoomEvent;
    readonly announced: string;
    readonly showing: Showing;
    /** Media time. */
    readonly showingAt: number;
    readonly modes: Modes;
    readonly polls: readonly OpenPoll[];
    readonly questions: readonly OpenQuestion[];
    readonly held: readonly RoomEvent[];
    readonly silenced: readonly Silenced[];
    /** The stage as it is; undefined as long as nothing has happened on it. See stagewire.ts. */
    readonly stage?: Fields;
  };
  readonly through: number;
  readonly events: readonly RoomEvent[];
  readonly whole: boolean;
  readonly now: Now;
  readonly coins: number;
  readonly gifts: readonly Gift[];
  readonly clock: number;
  /** How far one is on the way to the stage. */
  readonly stage?: Fields;
}

/** What happened since the frame before. Events may be left out, through counts them. */
export interface Frame {
  readonly type: "frame";
  readonly through: number;
  readonly events: readonly RoomEvent[];
  readonly skipped: number;
  readonly now?: Now;
  readonly coins?: number;
  readonly clock: number;
  readonly stage?: Fields;
}

/** The answer to a request: the number of the event that it made, or why it was refused. */
export interface Answer {
  readonly type: "answer";
  readonly id: string;
  readonly n: number;
  readonly error?: { readonly code: string; readonly text: string; /** ms after which to try again; 0 for never. */ readonly wait: number; /** What stands against it, in a word. */ readonly why: string };
}

interface Numbered {
  readonly n: number;
}

/** What one may ask for: exactly one of these. */
export type Wish =
  | { readonly name: string }
  | { readonly say: { readonly text: string; readonly reply?: number } }
  | { readonly ask: { readonly text: string } }
  | { readonly second: Numbered }
  | { readonly vote: { readonly poll: number; readonly option: number } }
  | { readonly cheer: Readonly<Record<string, never>> }
  | { readonly gift: { readonly gift: string; readonly count: number } }
  | { readonly report: { readonly line: number; readonly reason: string } }
  | { readonly pin: Numbered }
  | { readonly highlight: Numbered }
  | { readonly remove: { readonly line: number; readonly reason?: string } }
  | { readonly answer: { readonly question: number; readonly text?: string } }
  | { readonly announce: { readonly text: string } }
  | { readonly poll: { readonly question: string; readonly options: readonly string[]; readonly seconds: number } }
  | { readonly endPoll: Numbered }
  | { readonly modes: Modes }
  | { readonly judge: { readonly held: number; readonly verdict: "publish" | "refuse" | "escalate" } }
  | { readonly stage: object }
  | { readonly silence: { readonly who: string; readonly seconds?: number; readonly ban?: boolean; readonly reason?: string } };

/** The longest texts, in characters. */
export const MAX_LINE = 500;
export const MAX_NAME = 32;
/** The most likes that one message carries. */
export const MAX_LIKES = 50;

/** Reads a message; undefined for what is none that this page knows. */
export function readRoom(message: unknown): Joined | Frame | Answer | undefined {
  try {
    const o = obj(JSON.parse(String(message)));
    switch (o["type"]) {
      case "joined":
        return readJoined(o);
      case "frame":
        return {
          type: "frame", through: num(o, "through"), events: list(o, "events", readRoomEvent), skipped: num(o, "skipped"), clock: num(o, "clock"),
          ...(o["now"] ? { now: readNow(obj(o["now"])) } : {}), ...(typeof o["coins"] === "number" ? { coins: num(o, "coins") } : {}),
          ...(o["stage"] ? { stage: obj(o["stage"]) } : {}),
        };
      case "answer": {
        const e = obj(o["error"]);
        return { type: "answer", id: str(o, "id"), n: num(o, "n"), ...(o["error"] ? { error: { code: str(e, "code"), text: str(e, "text"), wait: num(e, "wait"), why: str(e, "why") } } : {}) };
      }
    }
  } catch {
    // Not JSON: the next message may be.
  }
  return undefined;
}

function readJoined(o: Fields): Joined {
  const s = obj(o["state"]);
  return {
    type: "joined", me: readMember(obj(o["me"])), moderates: yes(o, "moderates"),
    state: {
      ...(s["pinned"] ? { pinned: readRoomEvent(obj(s["pinned"])) } : {}),
      announced: str(s, "announced"), showing: kinds.showing(obj(s["showing"])), showingAt: num(s, "showingAt"), modes: kinds.modes(obj(s["modes"])),
      polls: list(s, "polls", (p) => ({ ...kinds.polled(p), n: num(p, "n"), counts: counts(p), mine: typeof p["mine"] === "number" ? p["mine"] : -1 })),
      questions: list(s, "questions", (q) => ({ n: num(q, "n"), by: readMember(obj(q["by"])), text: str(q, "text"), votes: num(q, "votes"), mine: yes(q, "mine") })),
      held: list(s, "held", readRoomEvent), silenced: list(s, "silenced", kinds.silenced),
      ...(s["stage"] ? { stage: obj(s["stage"]) } : {}),
    },
    through: num(o, "through"), events: list(o, "events", readRoomEvent), whole: yes(o, "whole"), now: readNow(obj(o["now"])), coins: num(o, "coins"),
    gifts: list(o, "gifts", (g) => ({ id: str(g, "id"), name: str(g, "name"), emoji: str(g, "emoji"), coins: num(g, "coins") })), clock: num(o, "clock"),
    ...(o["stage"] ? { stage: obj(o["stage"]) } : {}),
  };
}

function readRoomEvent(o: Fields): RoomEvent {
  const what: Partial<Record<Kind, unknown>> = {};
  for (const k of Object.keys(kinds) as Kind[]) if (o[k]) what[k] = kinds[k](obj(o[k]));
  const by = o["by"] ? { by: readMember(obj(o["by"])) } : {};
  return { n: num(o, "n"), at: num(o, "at"), media: num(o, "media"), staff: yes(o, "staff"), ...by, ...(what as Partial<Kinds>) };
}

function readNow(o: Fields): Now {
  const known: Record<string, number> = {};
  for (const k of ["viewers", "likes", "cheers", "given", "typing"]) if (typeof o[k] === "number") known[k] = num(o, k);
  return {
    ...known,
    polls: list(o, "polls", (p) => ({ poll: num(p, "poll"), counts: counts(p) })),
    questions: list(o, "questions", (q) => ({ n: num(q, "n"), votes: num(q, "votes") })),
  };
}
