// The languages of the page. What people read is in words; a missing translation does not compile.

import { en, type Key } from "./words/en";
import { es } from "./words/es";
import { zh } from "./words/zh";

export type { Key } from "./words/en";

/** The languages of the page, as BCP 47 tags for the document. */
export type Language = "en" | "zh-CN" | "es";

/** Picks the first of the viewer's languages that the page has; English if it has none. */
export function choose(wanted: readonly string[]): Language {
  for (const w of wanted) {
    if (/^zh\b/i.test(w)) return "zh-CN";
    if (/^en\b/i.test(w)) return "en";
    if (/^es\b/i.test(w)) return "es";
  }
  return "en";
}

/** Text in one language, by keys. */
export class Texts<K extends string> {
  readonly #table: Readonly<Record<K, string>>;
  readonly #short: Intl.NumberFormat;

  constructor(
    readonly language: Language,
    tables: Readonly<Record<Language, Readonly<Record<K, string>>>>,
  ) {
    this.#table = tables[language];
    this.#short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  }

  /** The text of a key, with {name} replaced by values. */
  say(key: K, values: Readonly<Record<string, string>> = {}): string {
    return this.#table[key].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  }

  /** The string is a key. */
  has(key: string): key is K {
    return Object.hasOwn(this.#table, key);
  }

  /** The text of a key, with {n} replaced by a number, short when it is large. */
  count(key: K, n: number): string {
    return this.say(key, { n: this.short(n) });
  }

  /** A number, short when it is large. */
  short(n: number): string {
    return this.#short.format(n);
  }
}

/** What every page says. */
export class Words extends Texts<Key> {
  constructor(language: Language) {
    super(language, { en, "zh-CN": zh, es });
  }

  /** A number of viewers. */
  viewers(n: number): string {
    return n === 1 ? this.say("oneViewer") : this.count("viewers", n);
  }
}

/** A span in ms as m:ss or h:mm:ss. */
export function duration(span: number): string {
  const s = Math.max(0, Math.floor(span / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
