// A product as it is typed: what stands in the fields, what of it cannot be, and what it is with what somebody else typed meanwhile.

import { parse, typed, type Money } from "../money";

/** A product as the server tells of it (wire.Product). What is not named here is kept as it is. */
export interface Product {
  readonly id: string;
  readonly title: string;
  readonly text?: string;
  readonly link?: string;
  readonly tax?: string;
  readonly cap?: number;
  readonly place?: number;
  readonly hidden?: boolean;
  readonly pictures?: readonly Picture[];
  readonly options?: readonly string[];
  readonly variants: readonly Variant[];
  readonly version: number;
}

export interface Picture {
  readonly id?: string;
  readonly alt?: string;
  readonly source?: string;
}

export interface Variant {
  readonly id: string;
  readonly title?: string;
  readonly options?: readonly string[];
  readonly sku?: string;
  readonly price: Money;
  readonly weight?: number;
  /** Which of the product's pictures shows it, from 1; 0 for none. */
  readonly picture?: number;
  readonly stock: number;
  readonly left: number;
  readonly waiting?: number;
  readonly version: number;
}

/** Most of what a product has (server/wire). */
export const MOST = { title: 120, text: 5000, link: 2000, alt: 500, options: 3, variants: 200, pictures: 20, units: 1_000_000, grams: 1_000_000 };
/** Neighbours in the shop's list lie so far apart, so that one can be put between two without a change of the others. */
const GAP = 1 << 20;

/** The fields of a product. */
export interface Sheet {
  readonly title: string;
  readonly text: string;
  readonly link: string;
  readonly tax: string;
  readonly cap: string;
  readonly shown: boolean;
  /** What its variants differ in, with commas between. */
  readonly differ: string;
  readonly pictures: readonly Picture[];
  readonly variants: readonly Line[];
}

/** The fields of a variant. */
export interface Line {
  readonly id: string;
  /** Its values of what variants differ in, or its title alone. */
  readonly values: readonly string[];
  readonly price: string;
  readonly sku: string;
  readonly weight: string;
  /** Of one that is not in the shop yet. */
  readonly stock: string;
}

export const emptyLine = (id: string): Line => ({ id, values: [""], price: "", sku: "", weight: "", stock: "" });

export const emptySheet = (variant: string): Sheet => ({ title: "", text: "", link: "", tax: "", cap: "", shown: true, differ: "", pictures: [], variants: [emptyLine(variant)] });

export function sheetOf(p: Product): Sheet {
  return {
    title: p.title, text: p.text ?? "", link: p.link ?? "", tax: p.tax ?? "", cap: p.cap ? String(p.cap) : "", shown: !p.hidden,
    differ: (p.options ?? []).join(", "), pictures: (p.pictures ?? []).map(({ id, alt, source }) => ({ ...(id && { id }), ...(source && { source }), alt: alt ?? "" })),
    variants: p.variants.map((v) => ({
      id: v.id, values: p.options?.length ? p.options.map((_, i) => v.options?.[i] ?? "") : [v.title ?? ""],
      price: typed(v.price), sku: v.sku ?? "", weight: v.weight ? String(v.weight) : "", stock: "",
    })),
  };
}

/** What variants differ in, as it was typed. */
export function differences(typed: string): string[] {
  return typed.split(/[,;、，；/]/).map((s) => s.trim()).filter((s, i, all) => s !== "" && all.indexOf(s) === i);
}

/** What is wrong with a field: nothing there, no amount, no number, no web address, more than there can be, or there twice. */
export type Fault = "missing" | "noAmount" | "noNumber" | "noLink" | "tooMany" | "twice";

/** How many; undefined for what is no number up to most. */
function count(text: string, most: number): number | undefined {
  const n = /^\s*\d*\s*$/.test(text) ? Number(text) : NaN;
  return n <= most ? n : undefined;
}

/** What of the fields cannot be, by their names; those of a variant are "price 2". */
export function faultsOf(s: Sheet, currency: string, known: (variant: string) => boolean): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  const fault = (name: string, bad: boolean, what: Fault) => bad && !faults.has(name) && faults.set(name, what);
  const names = differences(s.differ);
  fault("title", s.title.trim() === "", "missing");
  fault("link", s.link.trim() !== "" && !/^https?:\/\/[^\s/]+\S*$/i.test(s.link.trim()), "noLink");
  fault("cap", count(s.cap, MOST.units) === undefined, "noNumber");
  fault("differ", names.length > MOST.options, "tooMany");
  const seen = new Set<string>();
  s.variants.forEach((l, i) => {
    const called = valuesOf(l, names);
    if (s.variants.length > 1 || names.length > 0) called.forEach((v, n) => fault(`value${n} ${i}`, v === "", "missing"));
    fault(`value0 ${i}`, s.variants.length > 1 && seen.has(called.join("\n")), "twice");
    seen.add(called.join("\n"));
    fault(`price ${i}`, parse(l.price, currency) === undefined, "noAmount");
    fault(`weight ${i}`, count(l.weight, MOST.grams) === undefined, "noNumber");
    fault(`stock ${i}`, !known(l.id) && count(l.stock, MOST.units) === undefined, "noNumber");
  });
  return faults;
}

/** What a variant is called: a value for each of what they differ in, or its title. */
const valuesOf = (l: Line, names: readonly string[]): string[] => (names.length > 0 ? names : [""]).map((_, n) => (l.values[n] ?? "").trim());

/** The product of fields without faults, on what was seen of it. The stock of a variant that is there stays as it is. */
export function productOf(s: Sheet, seen: Product, currency: string): object {
  const options = differences(s.differ);
  const name = ({ id, source }: Picture) => id ?? source ?? "";
  const variants = s.variants.map((l) => {
    const was = seen.variants.find((v) => v.id === l.id);
    const values = valuesOf(l, options);
    const pictured = was?.picture ? seen.pictures?.[was.picture - 1] : undefined;
    const as = options.length > 0 && same(was?.options, values); // its title may be another, from an import
    return {
      ...was, id: l.id, title: as ? was?.title : values.join(" / "), options: options.length > 0 ? values : [], sku: l.sku.trim(), price: parse(l.price, currency),
      weight: Number(l.weight), picture: pictured ? s.pictures.findIndex((p) => name(p) === name(pictured)) + 1 : 0,
      stock: was ? 0 : Number(l.stock), left: 0, waiting: 0, version: 0,
    };
  });
  return {
    ...seen, title: s.title.trim(), text: s.text.trim(), link: s.link.trim(), tax: s.tax, cap: Number(s.cap), hidden: !s.shown, options,
    pictures: s.pictures.map((p) => ({ ...p, alt: (p.alt ?? "").trim() })), variants,
  };
}

/** What is seen of a product that is not there yet; it comes last in the shop. */
export const nothingYet = (id: string, others: readonly Product[]): Product =>
  ({ id, title: "", variants: [], version: 0, place: Math.max(0, ...others.map((p) => p.place ?? 0)) + GAP });

/** Whether two say the same. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const merge = <T>(was: T, mine: T, theirs: T): T => (same(was, mine) ? theirs : mine);

/** What I changed of what was, and for the rest what others changed of it. */
export function merged(was: Sheet, mine: Sheet, theirs: Sheet): Sheet {
  const fields = Object.fromEntries((Object.keys(was) as (keyof Sheet)[]).map((k) => [k, merge<unknown>(was[k], mine[k], theirs[k])])) as unknown as Sheet;
  return { ...fields, variants: linesOf(was.variants, mine.variants, theirs.variants) };
}

function linesOf(was: readonly Line[], mine: readonly Line[], theirs: readonly Line[]): Line[] {
  const by = (list: readonly Line[], id: string) => list.find((l) => l.id === id);
  const all = [...theirs, ...mine.filter((l) => !by(theirs, l.id))];
  return all.flatMap(({ id }) => {
    const [w, m, t] = [by(was, id), by(mine, id), by(theirs, id)];
    if (w === undefined) return m ?? t ?? []; // one of us added it
    if (m === undefined) return []; // I took it out
    if (t === undefined) return same(w, m) ? [] : m;
    return Object.fromEntries((Object.keys(w) as (keyof Line)[]).map((k) => [k, merge<unknown>(w[k], m[k], t[k])])) as unknown as Line;
  });
}

/** Fields with the amounts written as the server's are. */
export const tidy = (s: Sheet, currency: string): Sheet => ({
  ...s, variants: s.variants.map((l) => ({ ...l, price: ((m) => (m ? typed(m) : l.price))(parse(l.price, currency)) })),
});

/** What a variant is called, for people. */
export const called = (l: Line | undefined): string => l?.values.filter((v) => v.trim() !== "").join(" / ") ?? "";

/** A field in which two differ: of the variant that is called so, "" for the product's; and what each says, "" for nothing. */
export interface Difference {
  readonly name: "title" | "text" | "link" | "tax" | "cap" | "shown" | "differ" | "pictures" | "variant" | "price" | "sku" | "weight";
  readonly of: string;
  readonly mine: string;
  readonly theirs: string;
}

/** All in which two differ. Of pictures it says only that they do. */
export function between(mine: Sheet, theirs: Sheet): Difference[] {
  const list: Difference[] = [];
  const add = (name: Difference["name"], of: string, m: string, t: string) => m !== t && list.push({ name, of, mine: m, theirs: t });
  for (const name of ["title", "text", "link", "tax", "cap", "differ"] as const) add(name, "", mine[name], theirs[name]);
  add("shown", "", String(mine.shown), String(theirs.shown));
  add("pictures", "", JSON.stringify(mine.pictures), JSON.stringify(theirs.pictures));
  for (const id of new Set([...mine.variants, ...theirs.variants].map((l) => l.id))) {
    const [m, t] = [mine, theirs].map((s) => s.variants.find((l) => l.id === id));
    if (m && t) for (const name of ["price", "sku", "weight"] as const) add(name, called(t), m[name], t[name]);
    add("variant", "", m ? called(m) || m.price : "", t ? called(t) || t.price : "");
  }
  return list;
}
