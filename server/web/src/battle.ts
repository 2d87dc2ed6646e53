// What is to be seen and said of a battle. Pure.

import type { Battle, BattleCorner, BattleTerms } from "./stagewire";

/** Who fights together: the corners of a team. */
export interface Side {
  readonly team: number;
  readonly corners: readonly BattleCorner[];
  readonly name: string;
  readonly score: number;
  /** Of all points, 0 to 1; equal shares as long as there are none. */
  readonly part: number;
  /** This room's. */
  readonly ours: boolean;
  /** Nobody else has more. */
  readonly leads: boolean;
}

/** The sides, this room's first. */
export function sides({ corners, us }: Battle): readonly Side[] {
  const teams = [...new Set(corners.map((c) => c.team))];
  // Before a challenge nobody is in a team: then all are on their own.
  const each = teams.length < 2 ? corners.map((c) => [c]) : teams.map((t) => corners.filter((c) => c.team === t));
  const score = (of: readonly BattleCorner[]) => of.reduce((sum, c) => sum + c.score, 0);
  const all = score(corners);
  const most = Math.max(...each.map(score));
  return each
    .map((of) => ({
      team: of[0]!.team, corners: of, name: of.map(nameOf).join(" + "), score: score(of), part: all > 0 ? score(of) / all : 1 / each.length,
      ours: of.some((c) => c.id === us), leads: score(of) === most,
    }))
    .sort((a, b) => Number(b.ours) - Number(a.ours));
}

export const nameOf = ({ room }: BattleCorner): string => room.name || room.title || room.show;

/** What gives how many points: nothing said means the usual (server/wire, BattleWeights). */
export function weightsOf(w: BattleTerms["weights"]): BattleTerms["weights"] {
  const said = w.coin !== 0 || w.vote !== 0 || w.like !== 0 || w.paid !== 0;
  return said ? w : { coin: 10, vote: 20, like: 1, likesMost: 5000, paid: 2 };
}

/** There is something to count: from the countdown to the end of the lap. */
export const counts = ({ phase }: Battle): boolean => phase !== "linked" && phase !== "challenged";

/** The whole seconds until the phase ends, by the server's clock: 3 until 2 s are left. */
export const left = ({ until }: Battle, now: number): number => (until === 0 ? 0 : Math.max(0, Math.ceil((until - now) / 1000)));

/** How a round ended, for this room: who won is names. */
export type Ending = { readonly key: "won" | "won_forfeit" | "drawn" | "void"; readonly name: string; readonly ours: boolean };

export function ending(b: Battle): Ending | undefined {
  if (!b.result) return undefined;
  const { outcome, winner } = b.result;
  if (outcome === "drawn" || outcome === "void") return { key: outcome, name: "", ours: false };
  const won = sides(b).find((s) => s.team === winner);
  if (!won) return { key: "void", name: "", ours: false };
  return { key: outcome === "forfeited" ? "won_forfeit" : "won", name: won.name, ours: won.ours };
}

/** What a screen reader says of a battle. */
export type Said =
  | { readonly key: "countdown" | "fight" | "push" }
  | { readonly key: "scores"; readonly sides: readonly Side[] }
  | { readonly key: "result"; readonly ending: Ending; readonly sides: readonly Side[] };

/** Tells once what is worth saying aloud: that it begins, how it stands at each quarter of the fight, the final push, and the result. */
export class Herald {
  #phase = "";
  #round = "";
  #quarter = 0;

  /** What is new at a time of the server's; undefined for nothing. */
  hear(b: Battle | undefined, now: number): Said | undefined {
    const round = b ? `${b.id} ${b.round}` : "";
    if (round !== this.#round) [this.#round, this.#phase, this.#quarter] = [round, "", 0];
    if (!b) return undefined;
    if (b.phase !== this.#phase) {
      const first = this.#phase === "";
      this.#phase = b.phase;
      this.#quarter = quarter(b, now); // who comes late hears of what follows
      if (b.phase === "countdown" || b.phase === "push" || (b.phase === "fight" && !first)) return { key: b.phase };
      const end = b.phase === "lap" ? ending(b) : undefined;
      if (end) return { key: "result", ending: end, sides: sides(b) };
      return undefined;
    }
    const q = quarter(b, now);
    if (q <= this.#quarter) return undefined;
    this.#quarter = q;
    return { key: "scores", sides: sides(b) };
  }
}

/** How many quarters of the fight are over; 0 where there is no fight. */
function quarter({ phase, since, until }: Battle, now: number): number {
  if (phase !== "fight" || until <= since) return 0;
  return Math.min(3, Math.max(0, Math.floor((4 * (now - since)) / (until - since))));
}

/** What each corner has won since before, by its ID, for those who see it fly. */
export function gains(before: Battle | undefined, after: Battle | undefined): ReadonlyMap<string, number> {
  const won = new Map<string, number>();
  if (!before || !after || before.id !== after.id || before.round !== after.round) return won;
  for (const c of after.corners) {
    const more = c.score - (before.corners.find((o) => o.id === c.id)?.score ?? c.score);
    if (more > 0) won.set(c.id, more);
  }
  return won;
}
