import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import test from "node:test";
import { nothing, readPage, tally, verify, type Entry } from "./verify";

// Node 18 has what browsers call crypto only by its module.
if (globalThis.crypto === undefined) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

const hex = (b: ArrayBuffer): string => Array.from(new Uint8Array(b), (n) => n.toString(16).padStart(2, "0")).join("");
const sha = async (b: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await crypto.subtle.digest("SHA-256", b));
const text = (s: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(s);
const join = (...parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> => new Uint8Array(parts.flatMap((p) => Array.from(p)));

/** A ledger of these entries, made as server/shop/ledger.go does; every third is another show's. */
async function ledger(contents: object[]): Promise<Entry[]> {
  let hash = new Uint8Array(32);
  const all: Entry[] = [];
  for (const [i, content] of contents.entries()) {
    const numbers = new DataView(new ArrayBuffer(16));
    numbers.setBigUint64(0, BigInt(i + 1));
    numbers.setBigUint64(8, 1_700_000_000_000n);
    const open = JSON.stringify(content);
    const hidden = await sha(text(`{"buyer":${i}}`));
    const kind = "ref" in content ? "move" : "reservation";
    const digest = await sha(join(new Uint8Array(numbers.buffer), text(`${kind}\0demo\0`), await sha(text(open)), hidden));
    hash = await sha(join(hash, digest));
    const bare = { seq: i + 1, hash: hex(hash.buffer), digest: hex(digest.buffer) };
    all.push(i % 3 === 2 ? bare : { ...bare, at: 1_700_000_000_000, kind, show: "demo", public: open, private: hex(hidden.buffer) });
  }
  return all;
}

const contents = [
  { state: "held", variant: "ring", quantity: 2 },
  { state: "sold_out", variant: "ring", quantity: 1 },
  { state: "held", variant: "cup", quantity: 1 },
  { state: "held", variant: "ring", quantity: 3 },
  { ref: 1, state: "sold" },
];

test("a whole ledger holds, page by page, and tells what was sold", async () => {
  const all = await ledger(contents);
  const found = await verify(await verify(nothing, all.slice(0, 2)), all.slice(2));
  assert.deepEqual([found.seq, found.hash, found.broken], [5, all[4]?.hash, 0]);
  assert.deepEqual(tally(found.shown), { held: 3, sold: 2, refused: 1 });
});

test("whatever is changed, the first entry that does not fit is named", async () => {
  const all = await ledger(contents);
  const change = (i: number, e: Partial<Entry>): Entry[] => all.map((old, n) => (n === i ? { ...old, ...e } : old));
  for (const [tampered, first] of [
    [change(0, { public: JSON.stringify({ ...contents[0], quantity: 1 }) }), 1],
    [change(1, { at: 1 }), 2],
    [change(1, { show: "other" }), 2],
    [change(1, { private: "00".repeat(32) }), 2],
    [change(2, { digest: "00".repeat(32) }), 3],
    [change(3, { hash: all[2]?.hash ?? "" }), 4],
    [all.filter((_, i) => i !== 2), 4],
    [[all[0], all[0]] as Entry[], 1],
  ] as const) {
    assert.equal((await verify(nothing, tampered)).broken, first);
  }
});

test("what is no page of the ledger is refused", () => {
  for (const bad of [null, 1, {}, { entries: 1 }, { entries: [{ seq: 1 }] }, { entries: [{ seq: 0.5, hash: "0".repeat(64), digest: "0".repeat(64) }] }]) {
    assert.throws(() => readPage(bad));
  }
  assert.deepEqual(readPage({ entries: [], more: true }), { entries: [], more: true });
});
