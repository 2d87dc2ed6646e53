// Who is seen and heard where on the stage of a show. Pure.

import { STAGE_UNITS, type Battle, type BattleCorner, type Battled, type StageBox, type StageGuest, type StageNow, type Staged } from "./stagewire";

/** A place, in parts of the scene's width and height. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Why somebody is not seen just now; "" for seen. */
export type Placard = "" | "connecting" | "away" | "dark";

/** Somebody on stage as the page shows them. */
export interface Spot {
  readonly id: string;
  readonly name: string;
  readonly kind: "host" | "guest" | "corner";
  /** The viewer. */
  readonly mine: boolean;
  /** Where they are watched; "" for not by a connection of their own. */
  readonly media: string;
  readonly box: Box | undefined;
  /** Later ones lie over earlier ones. */
  readonly over: number;
  /** Another lies over all of it. */
  readonly covered: boolean;
  readonly placard: Placard;
  readonly muted: boolean;
  /** 0 to 1, and -1 (left) to 1 (right). */
  readonly gain: number;
  readonly pan: number;
}

/** How the stage is seen: not at all, as a group, or as a battle of two or of more. */
export type SceneKind = "" | "group" | "duel" | "battle";

export interface Scene {
  readonly kind: SceneKind;
  readonly spots: readonly Spot[];
  /** Width through height. */
  readonly ratio: number;
  readonly fade: number;
  /** The host's picture has all in it, and how much later than they are heard from their own tracks, ms. */
  readonly program: boolean;
  readonly late: number;
}

/** The host's own spot. */
export const HOST = "host";

const WIDE = 16 / 9;
/** Two beneath each other, and two halves beside each other as a phone held upright has place for them. */
const STACKED = 1;
const UPRIGHT_DUEL = 6 / 5;
/** Who is as far away as can be is so much quieter, in dB; and so is who is ducked. */
const FAR = 14;
const DUCKED = 15;

const gone = (dB: number): number => 10 ** (-dB / 20);

/** How loud somebody at a distance (0 to 100) is, 0 to 1. */
export const near = (distance: number): number => gone((FAR * Math.min(100, Math.max(0, distance))) / 100);

/** All equally large, in rows. */
export function grid(n: number): Box[] {
  const columns = Math.ceil(Math.sqrt(n));
  const rows = Math.ceil(n / columns);
  return Array.from({ length: n }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = row === rows - 1 ? n - row * columns : columns;
    return { x: (i % columns) / columns + (columns - inRow) / columns / 2, y: row / rows, w: 1 / columns, h: 1 / rows };
  });
}

const boxOf = (b: StageBox): Box => ({ x: b.x / STAGE_UNITS, y: b.y / STAGE_UNITS, w: b.w / STAGE_UNITS, h: b.h / STAGE_UNITS });

/**
 * What the viewer called me sees of a stage.
 *
 * @param upright the picture lies above the rest, as on phones held upright
 * @param host what the host is called
 */
export function scene(now: StageNow, me: string, upright: boolean, host: string): Scene {
  const on = now.guests.filter((g) => g.state === "admitted" || g.state === "live" || g.state === "away");
  const { battle, layout } = now;
  const us = battle?.corners.find((c) => c.id === battle.us);
  const others = battle?.corners.filter((c) => c.id !== battle.us) ?? [];
  const { program, fade } = layout;
  const late = program ? layout.late : 0;
  if (on.length === 0 && others.length === 0) return { kind: "", spots: [], ratio: WIDE, fade: 0, program: false, late: 0 };
  const all: Spot[] = [
    { id: HOST, name: us?.room.name || host, kind: "host", mine: false, media: "", box: undefined, over: 0, covered: false, placard: "", muted: false, gain: 1, pan: 0 },
    ...on.map((g) => guestSpot(g, me)),
    ...others.map(cornerSpot),
  ];
  const boxes = place(layout.boxes, all);
  const spots = all.map((s) => ({ ...s, ...(boxes.get(s.id) ?? {}) }));
  const kind: SceneKind = others.length === 0 ? "group" : others.length === 1 ? "duel" : "battle";
  const seen = spots.filter((s) => s.box);
  const whole: Scene = { kind, spots, ratio: WIDE, fade, program, late };
  if (!upright || program) return whole;
  if (kind === "duel" && seen.length === 2) return { ...whole, ratio: UPRIGHT_DUEL };
  if (seen.length !== 2 || !halves(seen.map((s) => s.box!))) return whole;
  const stacked = spots.map((s) => (s.box ? { ...s, box: { x: 0, y: s.box.x < 0.25 ? 0 : 0.5, w: 1, h: 0.5 } } : s));
  return { ...whole, spots: stacked, ratio: STACKED };
}

/** The boxes lie beside each other and share the width. */
const halves = (boxes: readonly Box[]): boolean => boxes.every((b) => b.w > 0.4 && b.w <= 0.5 && (b.x < 0.1 || b.x >= 0.5));

/** Where each is seen: as the layout says, or in a grid where it says nothing that fits. */
function place(boxes: readonly StageBox[], all: readonly Spot[]): ReadonlyMap<string, Pick<Spot, "box" | "over" | "covered">> {
  const known = boxes.filter((b) => all.some((s) => s.id === b.spot) && b.w > 0 && b.h > 0);
  if (known.length > 0) {
    return new Map(known.map((b, i) => [b.spot, { box: boxOf(b), over: i, covered: known.slice(i + 1).some((o) => holds(o, b)) }]));
  }
  const cells = grid(all.length);
  return new Map(all.map((s, i) => [s.id, { box: cells[i]!, over: i, covered: false }]));
}

const holds = (o: StageBox, b: StageBox): boolean => o.x <= b.x && o.y <= b.y && o.x + o.w >= b.x + b.w && o.y + o.h >= b.y + b.h;

function guestSpot(g: StageGuest, me: string): Spot {
  const mine = g.alias === me;
  const mute = g.muted || g.selfMuted;
  const dark = g.dark || g.selfDark;
  const nothing = mute && dark;
  const before = g.state === "admitted" && !g.coming; // there is nothing to watch yet
  return {
    id: g.alias, name: g.name, kind: "guest", mine, media: mine || before || nothing ? "" : g.media, box: undefined, over: 0, covered: false,
    placard: before ? "connecting" : g.state === "away" ? "away" : dark ? "dark" : "", muted: mute,
    gain: mute ? 0 : near(g.distance), pan: Math.min(1, Math.max(-1, g.pan / 100)),
  };
}

function cornerSpot(c: BattleCorner): Spot {
  const gains = { "": 1, ducked: gone(DUCKED), muted: 0 } as const;
  return {
    id: c.id, name: c.room.name || c.room.title || c.room.show, kind: "corner", mine: false, media: c.media, box: undefined, over: 0, covered: false,
    placard: c.state === "away" ? "away" : c.media === "" ? "connecting" : "", muted: c.heard === "muted", gain: gains[c.heard] ?? 1, pan: 0,
  };
}

/** From this height on a place is worth a picture, in pixels. */
const WORTH = 16;

/** How large a picture is to come for a place in a scene, in pixels of its own height, as far as it is 16:9; 0 for not at all. */
export function wanted({ box, covered, placard }: Spot, height: number, ratio: number, density: number, hidden: boolean): number {
  if (!box || hidden || covered || placard === "dark" || box.h * height < WORTH) return 0;
  const filling = Math.max(box.h, (box.w * ratio) / WIDE) * height; // what does not fit is cut off
  return Math.ceil((filling * Math.min(2, density)) / 90) * 90;
}

/** The letters that stand for somebody who is not seen. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = [...(words[0] ?? "")][0] ?? "?";
  const last = words.length > 1 ? ([...words.at(-1)!][0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** The stage after an event of the room's. */
export const afterStaged = (s: Staged): StageNow => s.now;

/** The stage after something in a battle: scores alone change nothing else. */
export function afterBattled(now: StageNow, b: Battled): StageNow {
  const { battle } = now;
  if (b.what === "unlinked" && b.now === undefined) return battle && battle.id !== b.id ? now : { ...now, battle: undefined };
  if (b.now) return battle && battle.id === b.id && b.now.seq < battle.seq ? now : { ...now, battle: b.now };
  if (!battle || battle.id !== b.id || b.scores.length !== battle.corners.length || b.seq < battle.seq) return now;
  return { ...now, battle: { ...battle, seq: Math.max(battle.seq, b.seq), corners: battle.corners.map((c, i) => ({ ...c, score: b.scores[i]! })) } };
}

export type { Battle };
