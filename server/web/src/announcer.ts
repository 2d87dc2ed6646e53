/** Nothing is announced sooner after the last announcement, in ms: a screen reader must come to its end. */
export const CALM = 4000;
/** So many lines are read out at once; of the others only the number is told. */
const READ = 2;

/** How much a line concerns the one who hears it. */
export type Concern = "mine" | "host" | "other";

/**
 * Chooses what a screen reader says of a conversation that may be much faster than speech: a summary every few seconds,
 * in which what concerns the listener comes first. Times in ms.
 */
export class Announcer {
  #waiting: { readonly text: string; readonly rank: number }[] = [];
  #left = 0;
  #saidAt = -Infinity;

  /** @param more words for so many further lines */
  constructor(private readonly more: (n: number) => string) {}

  hear(text: string, concern: Concern): void {
    this.#waiting.push({ text, rank: { mine: 0, host: 1, other: 2 }[concern] });
    if (this.#waiting.length <= 20) return;
    const worst = this.#waiting.reduce((w, l, i, all) => (l.rank > all[w]!.rank ? i : w), 0);
    this.#waiting.splice(worst, 1);
    this.#left++;
  }

  /** What is to be said now; "" for nothing. */
  due(now: number): string {
    if (this.#waiting.length === 0 || now - this.#saidAt < CALM) return "";
    const ranked = [...this.#waiting].sort((a, b) => a.rank - b.rank);
    const said = ranked.slice(0, READ).map((l) => l.text);
    const left = ranked.length - said.length + this.#left;
    if (left > 0) said.push(this.more(left));
    this.#waiting = [];
    this.#left = 0;
    this.#saidAt = now;
    return said.join(". ");
  }
}
