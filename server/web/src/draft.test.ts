import assert from "node:assert/strict";
import test from "node:test";
import { between, differences, emptySheet, faultsOf, merged, nothingYet, productOf, sheetOf, type Product, type Sheet } from "./staff/draft";

const vase: Product = {
  id: "vase", title: "Vase", options: ["Size"], version: 3, pictures: [{ id: "a" }, { id: "b", alt: "Its foot" }],
  variants: [
    { id: "s", title: "30 cm, imported", options: ["30 cm"], price: { minor: 4900, currency: "EUR" }, picture: 2, stock: 4, left: 3, waiting: 1, version: 9 },
    { id: "l", title: "45 cm", options: ["45 cm"], price: { minor: 7900, currency: "EUR" }, weight: 1500, stock: 2, left: 2, version: 1 },
  ],
};
const sheet = sheetOf(vase);
const back = (s: Sheet) => productOf(s, vase, "EUR") as Product;
const line = (s: Sheet, n: number, change: object): Sheet => ({ ...s, variants: s.variants.map((l, i) => (i === n ? { ...l, ...change } : l)) });

test("a product that nobody changed is the same, and says nothing of its stock", () => {
  const p = back(sheet);
  assert.deepEqual(sheetOf(p), sheet);
  assert.deepEqual(p.variants.map((v) => [v.title, v.stock, v.version, v.picture]), [["30 cm, imported", 0, 0, 2], ["45 cm", 0, 0, 0]]);
});

test("a variant is shown by its picture wherever that goes", () => {
  const [a, b] = sheet.pictures;
  assert.ok(a && b);
  assert.equal(back({ ...sheet, pictures: [b, a] }).variants[0]?.picture, 1);
  assert.equal(back({ ...sheet, pictures: [a] }).variants[0]?.picture, 0);
});

test("what cannot be is said of its field", () => {
  const known = (id: string) => id !== "new";
  const faults = (s: Sheet) => Object.fromEntries(faultsOf(s, "EUR", known));
  assert.deepEqual(faults(sheet), {});
  assert.deepEqual(faults(emptySheet("new")), { title: "missing", "price 0": "noAmount" });
  assert.deepEqual(faults({ ...sheet, link: "javascript:alert(1)", cap: "-1", differ: "a, b, c, d" }), {
    link: "noLink", cap: "noNumber", differ: "tooMany", ...Object.fromEntries([0, 1].flatMap((i) => [1, 2, 3].map((n) => [`value${n} ${i}`, "missing"]))),
  });
  assert.deepEqual(faults(line(sheet, 1, { values: ["30 cm"], weight: "1.5", stock: "what is not asked" })), { "value0 1": "twice", "weight 1": "noNumber" });
  assert.deepEqual(faults(line(sheet, 1, { id: "new", stock: "1000001" })), { "stock 1": "noNumber" });
});

test("what variants differ in is read as people write it", () => {
  assert.deepEqual(differences(" Size, Colour；材质、Size "), ["Size", "Colour", "材质"]);
});

test("two who change different things lose nothing, and what I changed is mine", () => {
  const mine = line({ ...sheet, title: "Mine" }, 1, { price: "75.00" });
  const added = { ...sheet.variants[0]!, id: "m", values: ["38 cm"] };
  const theirs = line({ ...sheet, title: "Theirs", text: "Recut", variants: [...sheet.variants, added] }, 1, { sku: "L", price: "80.00" });
  const both = merged(sheet, mine, theirs);
  assert.deepEqual([both.title, both.text, both.variants.map((l) => l.id)], ["Mine", "Recut", ["s", "l", "m"]]);
  assert.deepEqual([both.variants[1]?.price, both.variants[1]?.sku], ["75.00", "L"]);
  const gone = { ...sheet, variants: sheet.variants.slice(1) };
  assert.deepEqual(merged(sheet, gone, theirs).variants.map((l) => l.id), ["l", "m"]);
  assert.deepEqual(merged(sheet, sheet, gone).variants.map((l) => l.id), ["l"]);
  assert.deepEqual(merged(sheet, line(sheet, 0, { price: "1.00" }), gone).variants.map((l) => l.id), ["l", "s"]);
});

test("all in which two differ is told, and nothing else", () => {
  assert.deepEqual(between(sheet, sheet), []);
  const theirs = line({ ...sheet, shown: false, variants: [sheet.variants[1]!] }, 0, { price: "80.00" });
  assert.deepEqual(between(sheet, theirs), [
    { name: "shown", of: "", mine: "true", theirs: "false" },
    { name: "variant", of: "", mine: "30 cm", theirs: "" },
    { name: "price", of: "45 cm", mine: "79.00", theirs: "80.00" },
  ]);
});

test("a new product comes last in the shop", () => {
  assert.ok((nothingYet("new", [{ ...vase, place: 7 }, vase]).place ?? 0) > 7);
});
