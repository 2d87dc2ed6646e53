// What a room says of its stage and of battles, and what one may wish (server/wire, stage.go and battle.go). What comes is read with care,
// because a newer server may say more; what only the staff is told is left to the studio.

import type { Fields, Member } from "./roomwire";

const int = (o: Fields, key: string): number => (typeof o[key] === "number" && Number.isFinite(o[key]) ? o[key] : 0);
const str = (o: Fields, key: string): string => (typeof o[key] === "string" ? o[key] : "");
const yes = (o: Fields, key: string): boolean => o[key] === true;
const obj = (v: unknown): Fields => (typeof v === "object" && v !== null ? (v as Fields) : {});
const list = <T>(o: Fields, key: string, read: (o: Fields) => T): T[] => (Array.isArray(o[key]) ? o[key].map((v) => read(obj(v))) : []);
const ints = (o: Fields, key: string): number[] => (Array.isArray(o[key]) ? o[key].map(Number) : []);

/** Width and height of a stage's picture in the units of a box. */
export const STAGE_UNITS = 10_000;
/** The longest note of who applies, in characters. */
export const MAX_NOTE = 120;

/** How far somebody is on the way to the stage; "" for not at all. */
export type GuestState = "" | "applied" | "invited" | "admitted" | "live" | "away";

/** Somebody on stage, or on the way there. Times are the server's, Unix ms; 0 for never. */
export interface StageGuest extends Member {
  readonly state: GuestState;
  readonly since: number;
  readonly until: number;
  /** Where they are watched: /whep/{media}; "" as long as they are not admitted. */
  readonly media: string;
  readonly muted: boolean;
  readonly dark: boolean;
  readonly selfMuted: boolean;
  readonly selfDark: boolean;
  /** -100 (left) to 100 (right), and 0 (near) to 100 (far). */
  readonly pan: number;
  readonly distance: number;
  readonly silent: boolean;
  /** Somebody admitted connects: they can be watched already. */
  readonly coming: boolean;
}

/** Where somebody is seen, in units of 1/STAGE_UNITS of the stage's width and height. */
export interface StageBox {
  readonly spot: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface StageLayout {
  readonly kind: string;
  readonly main: string;
  readonly boxes: readonly StageBox[];
  readonly program: boolean;
  /** How much later the others are seen in a program than heard from their own tracks, ms. */
  readonly late: number;
  /** How long the change to this layout takes, ms. */
  readonly fade: number;
}

/** A stage as it is. */
export interface StageNow {
  readonly open: boolean;
  readonly layout: StageLayout;
  readonly guests: readonly StageGuest[];
  readonly waiting: number;
  readonly battle: Battle | undefined;
}

/** Something happened on the stage. */
export interface Staged {
  readonly what: string;
  readonly who: Member | undefined;
  readonly reason: string;
  readonly now: StageNow;
}

/** How far one is oneself; why says what ended it. */
export interface StageMine {
  readonly state: GuestState;
  readonly place: number;
  readonly until: number;
  readonly muted: boolean;
  readonly dark: boolean;
  readonly media: string;
  readonly why: string;
  readonly reason: string;
  /** Why the server takes nothing of what one sends, "no_codec" or "too_large"; told each time, until it does. */
  readonly refused: string;
}

/** Lets a guest send, as the token of /whip/{media}. */
export interface StagePass {
  readonly media: string;
  readonly token: string;
  readonly until: number;
}

export type BattlePhase = "linked" | "challenged" | "countdown" | "fight" | "push" | "lap";
export type Hearing = "" | "ducked" | "muted";

export interface BattleRoom {
  readonly show: string;
  /** https://…, "" for this server. */
  readonly server: string;
  readonly name: string;
  readonly title: string;
}

export interface BattleCorner {
  readonly id: string;
  readonly room: BattleRoom;
  readonly state: string;
  readonly until: number;
  readonly team: number;
  readonly score: number;
  readonly media: string;
  readonly heard: Hearing;
  readonly best: readonly { readonly name: string; readonly points: number }[];
}

/** What a battle is about: how long each phase lasts, in s, how many rounds, what the losers do, and the points things give. */
export interface BattleTerms {
  readonly fight: number;
  readonly push: number;
  readonly lap: number;
  readonly rounds: number;
  readonly penalty: string;
  readonly weights: { readonly coin: number; readonly vote: number; readonly like: number; readonly likesMost: number; readonly paid: number };
  readonly teams: readonly number[];
}

export interface BattleResult {
  readonly round: number;
  readonly outcome: string;
  /** The team that won; -1 for none. */
  readonly winner: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly final: boolean;
}

export interface Battle {
  readonly id: string;
  readonly seq: number;
  readonly phase: BattlePhase;
  readonly corners: readonly BattleCorner[];
  /** This room's corner. */
  readonly us: string;
  readonly round: number;
  readonly terms: BattleTerms | undefined;
  readonly since: number;
  readonly until: number;
  readonly result: BattleResult | undefined;
  /** Rounds won of this series, by team. */
  readonly wins: readonly number[];
  readonly apart: number;
}

/** Something happened in a battle; scores come alone, in the order of the corners. */
export interface Battled {
  readonly id: string;
  readonly seq: number;
  readonly what: string;
  readonly corner: string;
  readonly scores: readonly number[];
  readonly reason: string;
  readonly now: Battle | undefined;
}

/** What viewers and guests may wish of a stage: exactly one of these. */
export type StageWish =
  | { readonly apply: { readonly text?: string } }
  | { readonly withdraw: Readonly<Record<string, never>> }
  | { readonly accept: Readonly<Record<string, never>> }
  | { readonly refuse: Readonly<Record<string, never>> }
  | { readonly leave: Readonly<Record<string, never>> }
  | { readonly self: { readonly muted: boolean; readonly dark: boolean } }
  | { readonly honour: { readonly named: boolean } };

const readMember = (o: Fields): Member => ({ alias: str(o, "alias"), name: str(o, "name"), role: str(o, "role") });

const readGuest = (o: Fields): StageGuest => ({
  ...readMember(o), state: str(o, "state") as GuestState, since: int(o, "since"), until: int(o, "until"), media: str(o, "media"), muted: yes(o, "muted"), dark: yes(o, "dark"),
  selfMuted: yes(o, "selfMuted"), selfDark: yes(o, "selfDark"), pan: int(o, "pan"), distance: int(o, "distance"), silent: yes(o, "silent"), coming: yes(o, "coming"),
});

const readBox = (o: Fields): StageBox => ({ spot: str(o, "spot"), x: int(o, "x"), y: int(o, "y"), w: int(o, "w"), h: int(o, "h") });

const readLayout = (o: Fields): StageLayout => ({ kind: str(o, "kind"), main: str(o, "main"), boxes: list(o, "boxes", readBox), program: yes(o, "program"), late: int(o, "late"), fade: int(o, "fade") });

export const readNow = (o: Fields): StageNow => ({
  open: yes(o, "open"), layout: readLayout(obj(o["layout"])), guests: list(o, "guests", readGuest), waiting: int(o, "waiting"),
  battle: o["battle"] ? readBattle(obj(o["battle"])) : undefined,
});

export const readStaged = (o: Fields): Staged => ({
  what: str(o, "what"), who: o["who"] ? readMember(obj(o["who"])) : undefined, reason: str(o, "reason"), now: readNow(obj(o["now"])),
});

export const readMine = (o: Fields): StageMine => ({
  state: str(o, "state") as GuestState, place: int(o, "place"), until: int(o, "until"), muted: yes(o, "muted"), dark: yes(o, "dark"), media: str(o, "media"), why: str(o, "why"),
  reason: str(o, "reason"), refused: str(o, "refused"),
});

export const readPass = (o: Fields): StagePass => ({ media: str(o, "media"), token: str(o, "token"), until: int(o, "until") });

const readRoom = (o: Fields): BattleRoom => ({ show: str(o, "show"), server: /^https?:\/\//.test(str(o, "server")) ? str(o, "server") : "", name: str(o, "name"), title: str(o, "title") });

const readCorner = (o: Fields): BattleCorner => ({
  id: str(o, "id"), room: readRoom(obj(o["room"])), state: str(o, "state"), until: int(o, "until"), team: int(o, "team"), score: int(o, "score"), media: str(o, "media"),
  heard: str(o, "heard") as Hearing, best: list(o, "best", (f) => ({ name: str(f, "name"), points: int(f, "points") })),
});

function readTerms(o: Fields): BattleTerms {
  const w = obj(o["weights"]);
  return {
    fight: int(o, "fight"), push: int(o, "push"), lap: int(o, "lap"), rounds: int(o, "rounds"), penalty: str(o, "penalty"), teams: ints(o, "teams"),
    weights: { coin: int(w, "coin"), vote: int(w, "vote"), like: int(w, "like"), likesMost: int(w, "likesMost"), paid: int(w, "paid") },
  };
}

const readResult = (o: Fields): BattleResult => ({
  round: int(o, "round"), outcome: str(o, "outcome"), winner: typeof o["winner"] === "number" ? o["winner"] : -1, final: yes(o, "final"),
  scores: Object.fromEntries(Object.entries(obj(o["scores"])).map(([k, v]) => [k, Number(v)])),
});

export const readBattle = (o: Fields): Battle => ({
  id: str(o, "id"), seq: int(o, "seq"), phase: str(o, "phase") as BattlePhase, corners: list(o, "corners", readCorner), us: str(o, "us"), round: int(o, "round"),
  terms: o["terms"] ? readTerms(obj(o["terms"])) : undefined, since: int(o, "since"), until: int(o, "until"), result: o["result"] ? readResult(obj(o["result"])) : undefined,
  wins: ints(o, "wins"), apart: int(o, "apart"),
});

export const readBattled = (o: Fields): Battled => ({
  id: str(o, "id"), seq: int(o, "seq"), what: str(o, "what"), corner: str(o, "corner"), scores: ints(o, "scores"), reason: str(o, "reason"),
  now: o["now"] ? readBattle(obj(o["now"])) : undefined,
});

/** What one is as long as one has nothing to do with the stage. */
export const nobody: StageMine = { state: "", place: 0, until: 0, muted: false, dark: false, media: "", why: "", reason: "", refused: "" };
