import assert from "node:assert/strict";
import test from "node:test";
import { parse, show, typed } from "./money";

test("what is typed is read in minor units, with a point or a comma", () => {
  for (const [text, currency, minor] of [
    ["12", "EUR", 1200], ["12,5", "EUR", 1250], [" 0.05 ", "USD", 5], ["1200", "JPY", 1200], ["1.234", "KWD", 1234],
    ["12.345", "EUR", undefined], ["1.5", "JPY", undefined], ["-1", "EUR", undefined], ["", "EUR", undefined], ["1,000.00", "EUR", undefined],
  ] as const) {
    assert.equal(parse(text, currency)?.minor, minor, `${text} ${currency}`);
  }
});

test("an amount in a field is read as the same amount", () => {
  for (const m of [{ minor: 1, currency: "EUR" }, { minor: 9900, currency: "EUR" }, { minor: 7, currency: "JPY" }, { minor: 1005, currency: "KWD" }]) {
    assert.deepEqual(parse(typed(m), m.currency), m);
  }
  assert.equal(show("en", { minor: 9900, currency: "EUR" }), "€99.00");
});
