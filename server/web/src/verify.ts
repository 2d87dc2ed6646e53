// Verifies the shop's ledger: an append-only chain of hashes (wire.LedgerEntry). The page computes all of it itself; it believes
// nothing but SHA-256.

/** An entry as everybody may see it; of one that is not of the show there is only its digest. */
export interface Entry {
  readonly seq: number;
  readonly hash: string;
  readonly digest: string;
  readonly at?: number;
  readonly kind?: string;
  readonly show?: string;
  readonly public?: string;
  readonly private?: string;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

/** What was found so far. */
export interface Finding {
  /** The newest entry, by its number and its hash: the ledger's fingerprint. */
  readonly seq: number;
  readonly hash: string;
  /** The first entry that does not fit, 0 while all do. */
  readonly broken: number;
  /** Units of the show that were sold and have not come back, and what was read of its entries. */
  readonly shown: readonly Shown[];
}

/** An entry of the show, read. */
export interface Shown {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export const nothing: Finding = { seq: 0, hash: "0".repeat(64), broken: 0, shown: [] };

/** Reads a page of the ledger; throws a TypeError for what is none. */
export function readPage(json: unknown): Page {
  const o = json as { entries?: unknown; more?: unknown } | null;
  if (typeof o !== "object" || o === null || !Array.isArray(o.entries)) throw new TypeError("not a page of the ledger");
  for (const e of o.entries as Partial<Record<keyof Entry, unknown>>[]) {
    if (!Number.isSafeInteger(e.seq) || !isHash(e.hash) || !isHash(e.digest)) throw new TypeError("not an entry of the ledger");
  }
  return { entries: o.entries as Entry[], more: o.more === true };
}

const isHash = (h: unknown): boolean => typeof h === "string" && /^[0-9a-f]{64}$/.test(h);

/** Goes on with the entries of a page. Once an entry does not fit, nothing after it counts. */
export async function verify(found: Finding, entries: readonly Entry[]): Promise<Finding> {
  let { seq, hash } = found;
  const shown = [...found.shown];
  for (const e of entries) {
    if (found.broken !== 0) return found;
    const fits = e.seq === seq + 1 && e.hash === hex(await sha256(join(bytes(hash), bytes(e.digest)))) && (await tells(e));
    if (!fits) return { seq, hash, broken: e.seq, shown };
    ({ seq, hash } = e);
    if (e.public !== undefined) shown.push(read(e));
  }
  return { seq, hash, broken: 0, shown };
}

/** Says whether what an entry shows is what its digest stands for. */
async function tells(e: Entry): Promise<boolean> {
  if (e.public === undefined) return true;
  if (!isHash(e.private)) return false;
  const numbers = new DataView(new ArrayBuffer(16));
  numbers.setBigUint64(0, BigInt(e.seq));
  numbers.setBigUint64(8, BigInt(e.at ?? 0));
  const text = new TextEncoder().encode(`${e.kind ?? ""}\0${e.show ?? ""}\0`);
  const content = await sha256(new TextEncoder().encode(e.public));
  return e.digest === hex(await sha256(join(new Uint8Array(numbers.buffer), text, content, bytes(e.private ?? ""))));
}

function read(e: Entry): Shown {
  let content: unknown;
  try {
    content = JSON.parse(e.public ?? "");
  } catch {
    // It is shown without its content; the chain holds it all the same.
  }
  const known = typeof content === "object" && content !== null ? (content as Record<string, unknown>) : {};
  return { seq: e.seq, at: e.at ?? 0, kind: e.kind ?? "", content: known };
}

/** Units that reservations of the show hold or have bought now, by what became of each. */
export function tally(shown: readonly Shown[]): { held: number; sold: number; refused: number } {
  const wishes = new Map<number, { state: string; units: number; back: number }>();
  for (const s of shown) {
    if (s.kind === "reservation") wishes.set(s.seq, { state: String(s.content["state"]), units: Number(s.content["quantity"]), back: 0 });
    const moved = s.kind === "move" ? wishes.get(Number(s.content["ref"])) : undefined;
    if (moved) {
      moved.state = String(s.content["state"]);
      moved.back = Number(s.content["back"] ?? 0);
    }
  }
  const sum = { held: 0, sold: 0, refused: 0 };
  for (const w of wishes.values()) {
    if (w.state === "held" || w.state === "frozen") sum.held += w.units;
    if (w.state === "sold") sum.sold += w.units - w.back;
    if (w.state === "sold_out") sum.refused += 1;
  }
  return sum;
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

function join(...parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

function hex(b: Uint8Array): string {
  return Array.from(b, (n) => n.toString(16).padStart(2, "0")).join("");
}

function bytes(h: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Array.from({ length: h.length / 2 }, (_, i) => parseInt(h.slice(2 * i, 2 * i + 2), 16)));
}
