// What somebody would get now, and for how much: the server's rules (server/shop, reserve.go), so that what is shown is what is charged.

import type { Money, Offer, Product, Variant } from "./shopwire";
import type { Language } from "./text";

/** What is known of what is sold. */
export interface Stock {
  readonly products: readonly Product[];
  readonly offers: readonly Offer[];
}

/** Where and when somebody wants to buy: the show, and the server's clock in ms. */
export interface Moment {
  readonly show: string;
  readonly at: number;
}

/** So many units at a price. */
export interface Deal {
  /** The offer that counts; undefined for the usual price. */
  readonly offer: Offer | undefined;
  readonly price: Money;
  /** What they would cost without the offer. */
  readonly usual: Money;
  /** Units that somebody could still take at this price. */
  readonly left: number;
}

/** The order in which the server looks for an offer. */
const PRECEDENCE: readonly Offer["kind"][] = ["personal", "tiers", "flash", "limited", "exclusive"];

/** The offer counts in this show at this time. Its end is excluded. */
export function runs(o: Offer, { show, at }: Moment): boolean {
  return !o.ended && (o.show === "" || o.show === show) && at >= o.from && (o.until === 0 || at < o.until);
}

/** What n more units of an offer cost. The first units count as gone from the first tiers: never less than what the server asks. */
export function cost(o: Offer, n: number): Money {
  let gone = o.taken;
  let minor = 0;
  for (const t of o.tiers) {
    const free = Math.max(0, t.units - gone);
    const of = Math.min(n, free);
    gone = Math.max(0, gone - t.units);
    minor += of * t.price.minor;
    n -= of;
  }
  return { minor: minor + n * o.price.minor, currency: o.price.currency };
}

/** The tier from which the next unit comes, from 0; tiers.length after them. */
export function tierOf(o: Offer): number {
  let gone = o.taken;
  const at = o.tiers.findIndex((t) => {
    const free = t.units > gone;
    gone -= t.units;
    return free;
  });
  return at < 0 ? o.tiers.length : at;
}

/** What so many units of a variant cost. */
export function deal({ offers }: Stock, v: Variant, n: number, when: Moment): Deal {
  const usual = { minor: v.price.minor * n, currency: v.price.currency };
  const open = offers.filter((o) => o.kind !== "bundle" && o.parts[0]?.variant === v.id && runs(o, when) && (o.units === 0 || o.units - o.taken >= n));
  open.sort((a, b) => PRECEDENCE.indexOf(a.kind) - PRECEDENCE.indexOf(b.kind));
  const offer = open[0];
  if (!offer) return { offer, price: usual, usual, left: v.left };
  return { offer, price: cost(offer, n), usual, left: offer.units === 0 ? v.left : Math.min(v.left, offer.left) };
}

/** What so many units of a bundle cost, and would cost apart. */
export function bundle(stock: Stock, o: Offer, n: number): Deal {
  const apart = o.parts.reduce((sum, p) => sum + (find(stock, p.variant)?.variant.price.minor ?? 0) * p.quantity * n, 0);
  return { offer: o, price: cost(o, n), usual: { minor: apart, currency: o.price.currency }, left: o.left };
}

/** A variant and its product. */
export function find({ products }: Stock, variant: string): { readonly product: Product; readonly variant: Variant } | undefined {
  for (const product of products) {
    const found = product.variants.find((v) => v.id === variant);
    if (found) return { product, variant: found };
  }
  return undefined;
}

/** The variant that is shown for a product: its cheapest that is there, or its cheapest. */
export function first(stock: Stock, p: Product, when: Moment): Variant | undefined {
  const price = (v: Variant) => deal(stock, v, 1, when).price.minor;
  return [...p.variants].sort((a, b) => Number(b.left > 0) - Number(a.left > 0) || price(a) - price(b))[0];
}

/** Units left to be told: from so few on. */
export const FEW = 10;

/** An amount as people write it. */
export function money({ minor, currency }: Money, language: Language): string {
  try {
    const format = new Intl.NumberFormat(language, { style: "currency", currency });
    return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${minor} ${currency}`; // no currency that the browser knows
  }
}

/** The address of a picture, so many pixels wide at most: 160, 480 or 1200; "" for none. */
export function picture(p: Product | undefined, width: 160 | 480 | 1200, v?: Variant): string {
  const id = (p?.pictures[(v?.picture ?? 0) - 1] ?? p?.pictures[0])?.id ?? "";
  return id === "" ? "" : `/pictures/${encodeURIComponent(id)}/${width}.jpg`;
}
