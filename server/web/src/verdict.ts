// The network check: what the viewer's connection can do, in words.

import type { Layers, LinkFigures } from "./events";
import type { Key } from "./text";

/** A sentence about the connection. */
export interface Verdict {
  readonly key: Key;
  /** Sizes by their height, for the sentence. */
  readonly values: Readonly<Record<string, string>>;
  /** Another sentence that is part of this one, for {share}. */
  readonly share?: Key;
  /** The viewer notices it, and should know why. */
  readonly matters: boolean;
}

/** From which loss on people hear of which share. */
const shares: readonly (readonly [loss: number, share: Key])[] = [
  [0.6, "most"],
  [0.42, "half"],
  [0.28, "third"],
  [0.18, "fifth"],
];
/** Less loss than this is nobody's concern. */
const SOME = 0.05;
/** The picture waits for what is sent again, and that shows, from here on. */
const LATE = 0.18;
/** And this much is worth a word to those who did not ask. */
const HEAVY = 0.28;
/** A round trip that makes the show late, in ms. */
const SLOW = 500;

/** The size of a layer as people call it. */
export const size = (height: number): string => `${height}p`;

/** Says what the connection can do: the worst first. */
export function verdict(link: LinkFigures, layers: Layers | undefined): Verdict {
  const all = layers?.layers ?? [];
  const say = (key: Key, matters = false, values: Verdict["values"] = {}): Verdict => ({ key, values, matters });
  if (all.length > 0 && layers?.current === "") return say("carriesSound", true);
  if (link.loss >= LATE) {
    const share = shares.find(([from]) => link.loss >= from)?.[1] ?? "fifth";
    return { ...say("losesMuch", link.loss >= HEAVY), share };
  }
  if (link.loss >= SOME) return say("losesSome");
  if (link.rtt >= SLOW) return say("answersSlowly");
  const top = all.at(-1);
  if (!top || top.height === 0) return say("carriesAll");
  const fits = all.filter((l) => l.bitrate <= link.down).at(-1) ?? all[0]!;
  const wanted = all.find((l) => l.id === layers?.pinned);
  if (wanted && wanted.bitrate > fits.bitrate) return say("carriesLess", true, { has: size(fits.height), not: size(wanted.height) });
  if (fits === top) return say("carries", false, { has: size(top.height) });
  return say("carriesLess", false, { has: size(fits.height), not: size(top.height) });
}

/** A verdict must hold for so many reports, of one a second, before the viewer hears of it, */
const HOLD = 3;
/** is shown for so many, */
const SHOW = 8;
/** and is news again when it has not mattered for so many. */
const FORGET = 30;

/** Decides when a verdict is worth a word: not at every bad second, and not again and again. */
export class Adviser {
  #said: Key | undefined;
  #held = 0;
  #left = 0;
  #quiet = 0;

  /** Takes the verdict of the next second; gives it back while it is to be shown. */
  hear(v: Verdict): Verdict | undefined {
    if (!v.matters) {
      this.#held = this.#left = 0;
      if (++this.#quiet >= FORGET) this.#said = undefined;
      return undefined;
    }
    this.#quiet = 0;
    if (v.key !== this.#said && ++this.#held >= HOLD) {
      this.#said = v.key;
      this.#held = 0;
      this.#left = SHOW;
    }
    return this.#left-- > 0 ? v : undefined;
  }
}
