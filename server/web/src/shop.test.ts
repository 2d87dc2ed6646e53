import assert from "node:assert/strict";
import test from "node:test";
import { Cart, WARN, type Want } from "./cart";
import { Checkout, faults } from "./checkout";
import { bundle, cost, deal, first, money, picture, runs, tierOf } from "./deal";
import { Refused, Shop, POLL, type Method, type ShopWorld, type Source } from "./shop";
import { nowhere, readOffer, readOrder, readProduct, readShopEvent, type Offer, type Product } from "./shopwire";
import snapshotJSON from "../../wire/testdata/event_snapshot.json";
import stockJSON from "../../wire/testdata/event_stock.json";
import soldJSON from "../../wire/testdata/event_sold.json";

const eur = (minor: number) => ({ minor, currency: "EUR" });
const ring = readProduct({ id: "ring", title: "A ring", variants: [{ id: "s", price: eur(9900), left: 0, version: 1 }, { id: "m", price: eur(9900), left: 3, version: 1 }] })!;
const offer = (o: object): Offer => readOffer({ id: "o", kind: "flash", title: "Until nine", parts: [{ variant: "m", quantity: 1 }], price: eur(7900), ...o })!;
const now = { show: "demo", at: 1000 };

test("the shop's events are read as the server writes them, and nothing else is", () => {
  const s = readShopEvent(JSON.stringify(snapshotJSON));
  assert.ok(s?.type === "snapshot");
  assert.equal(s.products[0]?.id, (snapshotJSON as { products: { id: string }[] }).products[0]?.id);
  assert.equal(readShopEvent(stockJSON)?.type, "stock");
  assert.equal(readShopEvent(soldJSON)?.type, "sold");
  for (const odd of ["", "{", "7", "null", `{"type":"news"}`, `{"type":"product","product":7}`, `{"type":"offer"}`]) assert.equal(readShopEvent(odd), undefined);
  assert.equal(readProduct({ id: "x", link: "javascript:1" })?.link, "");
});

test("an offer counts from its beginning until just before its end, in its show alone", () => {
  const o = offer({ show: "demo", from: new Date(1000).toISOString(), until: new Date(2000).toISOString() });
  for (const [show, at, want] of [["demo", 999, false], ["demo", 1000, true], ["demo", 1999, true], ["demo", 2000, false], ["other", 1500, false]] as const) {
    assert.equal(runs(o, { show, at }), want, `${show} ${at}`);
  }
  assert.equal(runs({ ...o, ended: true }, { show: "demo", at: 1500 }), false);
});

test("the first units come from the first tiers", () => {
  const tiers = { kind: "tiers", tiers: [{ units: 20, price: eur(1000) }, { units: 50, price: eur(2000) }], price: eur(3000) };
  for (const [taken, n, want, tier] of [[0, 1, 1000, 0], [19, 2, 3000, 0], [20, 1, 2000, 1], [69, 2, 5000, 1], [70, 1, 3000, 2], [0, 71, 20 * 1000 + 50 * 2000 + 3000, 0]] as const) {
    assert.equal(cost(offer({ ...tiers, taken }), n).minor, want, `${n} after ${taken}`);
    assert.equal(tierOf(offer({ ...tiers, taken })), tier);
  }
});

test("a deal is the first offer that is open, in the server's order, and else the usual price", () => {
  const flash = offer({ left: 2 });
  const limited = offer({ id: "l", kind: "limited", price: eur(5000), units: 5, taken: 4, left: 1 });
  const m = ring.variants[1]!;
  const stock = { products: [ring], offers: [limited, flash] };
  assert.deepEqual([deal(stock, m, 1, now).price, deal(stock, m, 1, now).usual], [eur(7900), eur(9900)]);
  assert.equal(deal({ ...stock, offers: [limited] }, m, 1, now).left, 1);
  assert.equal(deal({ ...stock, offers: [limited] }, m, 2, now).price.minor, 19_800);
  assert.equal(first(stock, ring, now)?.id, "m");
  assert.equal(bundle(stock, offer({ kind: "bundle", parts: [{ variant: "m", quantity: 2 }], price: eur(15000), left: 1 }), 1).usual.minor, 19_800);
  assert.equal(money(eur(9900), "en"), "€99.00");
  assert.equal(money({ minor: 1999, currency: "JPY" }, "en"), "¥1,999");
  assert.equal(picture({ ...ring, pictures: [{ id: "a", alt: "" }, { id: "b", alt: "" }] }, 160, { ...m, picture: 2 }), "/pictures/b/160.jpg");
  assert.equal(picture(ring, 160), "");
});

type Answer = (method: Method, path: string, body: unknown) => unknown;

/** A shop whose time passes when the test says so, and which answers what the test does. */
function world(answer: Answer) {
  let time = 0;
  let key = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  const kept = new Map<string, string>();
  const sources: (Source & { closed: boolean })[] = [];
  const asked: { method: Method; path: string; body: Record<string, unknown> }[] = [];
  const w: ShopWorld = {
    listen: () => {
      const s = { onopen: () => undefined, onevent: () => undefined, onend: () => undefined, closed: false, close: () => void (s.closed = true) } as Source & { closed: boolean };
      sources.push(s);
      return s;
    },
    send: async (method, path, body) => {
      asked.push({ method, path, body: body as Record<string, unknown> });
      return answer(method, path, body);
    },
    pause: (ms, signals) =>
      new Promise((wake) => {
        if (signals.some((s) => s.aborted)) return wake();
        const s = { at: time + ms, wake: () => wake() };
        sleepers.push(s);
        for (const x of signals) x.addEventListener("abort", s.wake);
      }),
    now: () => time,
    random: () => 0,
    id: () => `k${String(++key).padStart(20, "0")}`,
    load: (n) => kept.get(n) ?? "",
    save: (n, t) => void kept.set(n, t),
  };
  const settle = async () => {
    for (let i = 0; i < 30; i++) await Promise.resolve();
  };
  const pass = async (ms: number) => {
    await settle();
    const end = time + ms;
    for (;;) {
      const due = sleepers.filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      sleepers = sleepers.filter((s) => s !== due);
      time = due.at;
      due.wake();
      await settle();
    }
    time = end;
    await settle();
  };
  return { w, pass, settle, sources, asked, kept };
}

const product = (left: number, version: number): Product => ({ ...ring, variants: [{ ...ring.variants[1]!, left, version }] });

test("the shop follows the stream, and older news of the stock changes nothing", async () => {
  const { w, settle, sources } = world(() => []);
  const shop = new Shop(w);
  shop.enter("demo");
  shop.start();
  await settle();
  sources[0]!.onopen(true);
  shop.hear({ type: "snapshot", products: [product(5, 3)], offers: [], orders: [] });
  shop.hear({ type: "stock", stock: [{ variant: "m", left: 4, version: 4 }] });
  shop.hear({ type: "stock", stock: [{ variant: "m", left: 9, version: 2 }] });
  assert.equal(shop.stock.value.products[0]?.variants[0]?.left, 4);
  shop.hear({ type: "product", product: { ...ring, hidden: true } });
  assert.equal(shop.stock.value.products.length, 0);
  shop.enter("other");
  await settle();
  assert.equal(sources.length, 2);
  assert.ok(sources[0]!.closed);
  shop.stop();
});

test("a shop without a stream is asked now and then", async () => {
  const { w, pass, asked, sources } = world((_, path) => (path.includes("products") ? [{ id: "ring", variants: [] }] : []));
  const shop = new Shop(w);
  shop.enter("demo");
  shop.start();
  await pass(POLL + 1);
  assert.equal(shop.stock.value.products[0]?.id, "ring");
  assert.ok(asked.some((a) => a.path === "/shop/offers?show=demo"));
  await pass(60_000);
  assert.ok(sources.length > 1, "the stream is tried again");
  shop.stop();
});

const want: Want = { variant: "m", offer: "", quantity: 1, price: eur(9900), title: "A ring", option: "", picture: "" };
const held = (id: unknown, more: object = {}) => ({ id, state: "held", price: eur(9900), quantity: 1, until: new Date(90_000).toISOString(), ...more });

test("a wish that is being decided is asked for again under the same key, and lasts over a reload", async () => {
  let tries = 0;
  const { w, pass, asked, settle } = world((method, _, body) => {
    if (method === "POST" && ++tries === 1) throw new Refused("conflict", "", 1000);
    return held((body as { id: string } | undefined)?.id ?? "k00000000000000000001");
  });
  const cart = new Cart(new Shop(w));
  const taken = cart.take(want);
  await pass(2000);
  assert.equal((await taken)?.state, "held");
  assert.equal(new Set(asked.map((a) => a.body["id"])).size, 1);
  const again = new Cart(new Shop(w));
  assert.equal(again.lines.value[0]?.key, cart.lines.value[0]?.key);
  await again.resume();
  await settle();
  assert.equal(asked.at(-1)?.path, `/shop/reservations/${cart.lines.value[0]!.key}`);
});

test("who has units is warned, told when they are gone, and can take them again", async () => {
  let state = "held";
  const { w, settle } = world((method, path, body) =>
    method === "POST" ? held((body as { id: string }).id) : held(path.split("/").pop(), { state }),
  );
  const cart = new Cart(new Shop(w));
  const told: string[] = [];
  cart.happened = (what) => told.push(what);
  const line = (await cart.take(want))!;
  cart.tick(90_000 - WARN - 1);
  assert.deepEqual(told, []);
  cart.tick(90_000 - WARN);
  cart.tick(90_000 - WARN + 1000);
  assert.deepEqual(told, ["warned"]);
  state = "lapsed";
  cart.tick(90_001);
  await settle();
  assert.deepEqual(told, ["warned", "lapsed"]);
  assert.equal(cart.lines.value[0]?.state, "lapsed");
  const again = await cart.again(cart.lines.value[0]!, eur(9900));
  assert.equal(again?.state, "held");
  assert.ok(again!.key !== line.key, "another wish has another key");
  assert.equal(cart.lines.value.length, 1);
});

test("who waits is told their place, and that they are served", async () => {
  const { w, settle } = world((_, path, body) => ({ id: (body as { id?: string } | undefined)?.id ?? path.split("/").pop(), state: "waiting", place: 2, price: eur(9900) }));
  const shop = new Shop(w);
  const cart = new Cart(shop);
  const told: string[] = [];
  cart.happened = (what) => told.push(what);
  const line = (await cart.take(want, true))!;
  assert.deepEqual([line.state, line.place], ["waiting", 2]);
  assert.equal(cart.count.value, 0);
  cart.tick(10_000);
  await settle();
  shop.hear({ type: "reservation", reservation: { id: line.key, state: "held", order: "", quantity: 1, price: eur(9900), until: 90_000, place: 0 } });
  assert.deepEqual(told, ["served"]);
  assert.equal(cart.held.value.length, 1);
});

const contact = { email: "mei@example.com", address: { ...nowhere, name: "Mei Lin", street: "1 Quay", city: "Hamburg", country: "DE" } };

test("a contact is whole when the server would take it", () => {
  assert.deepEqual(faults(contact, []), {});
  assert.deepEqual(faults({ ...contact, email: "mei@example" }, []), { email: "odd" });
  assert.deepEqual(faults({ ...contact, email: "" }, ["DE"]), { email: "missing", region: "missing" });
  assert.deepEqual(faults({ ...contact, address: { ...contact.address, name: " ", city: "x".repeat(121) } }, []), { name: "missing", city: "odd" });
});

/** A checkout of one held ring, with an address, at a server that answers orders as the test does. */
async function checkout(orders: (body: Record<string, unknown>) => unknown, total = 10_390) {
  let sum = total;
  const totals = () => ({ goods: eur(9900), discount: eur(0), shipping: eur(490), tax: eur(0), taxIncluded: true, total: eur(sum) });
  const order = (state: string) => ({ id: "order-1", number: 1, state, lines: [], totals: totals() });
  const bench = world((method, path, body) => {
    if (path === "/shop/terms") return { currency: "EUR", home: "DE", countries: ["DE", "AT"], pay: ["test", "cash"], hold: 90 };
    if (path === "/shop/again") throw new Refused("not_found", "");
    if (path === "/shop/quote") return { totals: totals(), lines: [], shipping: { name: "Parcel", price: eur(490) }, shipments: [] };
    if (path === "/shop/orders" && method === "POST") return orders(body as Record<string, unknown>);
    if (path === "/shop/reservations") return held((body as { id: string }).id);
    if (path.endsWith("/pay")) return { order: order("captured") };
    return order("captured");
  });
  const shop = new Shop(bench.w);
  const cart = new Cart(shop);
  const line = (await cart.take(want))!;
  const bought: number[] = [];
  const begin = async () => {
    const c = new Checkout(shop, cart, [line.key], (o) => bought.push(o.number));
    await c.begin();
    return c;
  };
  const c = await begin();
  return { ...bench, c, cart, bought, begin, order, cost: (n: number) => (sum = n), sent: () => bench.asked.filter((a) => a.path === "/shop/orders").map((a) => a.body) };
}

test("a checkout asks for what is missing, and keeps what was typed for the next", async () => {
  const { c, begin } = await checkout(() => undefined);
  assert.equal(c.step.value, "contact");
  assert.equal(c.contact.value.address.country, "DE");
  assert.equal(await c.review(), "email");
  c.edit(contact);
  assert.equal(await c.review(), undefined);
  assert.equal(c.step.value, "review");
  assert.equal(c.quote.value?.totals.total.minor, 10_390);
  const next = await begin();
  assert.deepEqual([next.step.value, next.contact.value.email, next.returning.value], ["review", "mei@example.com", true]);
});

test("the same order is sent again under the same key, and what changed under another", async () => {
  let fails = true;
  const t = await checkout(() => {
    if (fails) throw new Refused("", "");
    return { order: t.order("captured") };
  });
  t.c.edit(contact);
  await t.c.review();
  await t.c.buy();
  assert.deepEqual([t.c.step.value, t.c.problem.value?.code], ["review", ""]);
  const reloaded = await t.begin();
  await reloaded.buy();
  reloaded.choose("cash");
  fails = false;
  await reloaded.buy();
  const keys = t.sent().map((b) => b["id"]);
  assert.equal(keys[0], keys[1]);
  assert.ok(keys[1] !== keys[2]);
  assert.deepEqual([reloaded.step.value, t.bought, t.cart.lines.value.length], ["done", [1], 0]);
});

test("a new price is shown before it is asked for again, and the same order twice is confirmed", async () => {
  const t = await checkout((body) => {
    if ((body["total"] as { minor: number }).minor !== 10_890) throw new Refused("stale_price", "");
    if (!body["confirmed"]) throw new Refused("conflict", "");
    return { order: t.order("captured") };
  });
  t.c.edit(contact);
  await t.c.review();
  t.cost(10_890);
  await t.c.buy();
  await t.settle();
  assert.deepEqual([t.c.question.value, t.c.quote.value?.totals.total.minor, t.c.step.value], ["price", 10_890, "review"]);
  await t.c.buy();
  assert.equal(t.c.question.value, "same");
  await t.c.buy(true);
  assert.equal(t.c.step.value, "done");
  assert.equal(t.sent().length, 3);
});

test("a refused payment is tried again, a slow one goes on, and one that asks back waits", async () => {
  const declined = await checkout(() => ({ order: declined.order("failed"), reason: "the bank said no" }));
  declined.c.edit(contact);
  await declined.c.review();
  await declined.c.buy();
  assert.deepEqual([declined.c.step.value, declined.c.reason.value], ["declined", "the bank said no"]);
  await declined.c.retry();
  assert.equal(declined.c.step.value, "done");

  const slow = await checkout(() => ({ order: slow.order("authorising") }));
  slow.c.edit(contact);
  await slow.c.review();
  await slow.c.buy();
  assert.equal(slow.c.step.value, "paying");
  await slow.pass(3001);
  assert.equal(slow.c.step.value, "done");

  const asks = await checkout(() => ({ order: asks.order("authorising"), action: { redirect: "https://bank.example/1" } }));
  asks.c.edit(contact);
  await asks.c.review();
  await asks.c.buy();
  assert.equal(asks.c.step.value, "action");
  await asks.c.settle();
  assert.equal(asks.c.step.value, "done");
});

test("an order whose payment was refused before a reload is paid, and not made again", async () => {
  const t = await checkout(() => undefined);
  const order = readOrder({ ...t.order("failed"), pay: "cash", lines: [{ reservation: t.c.keys[0] }] })!;
  t.c.shop.hear({ type: "order", order });
  const c = await t.begin();
  assert.deepEqual([c.step.value, c.pay.value], ["declined", "cash"]);
  await c.retry();
  assert.deepEqual([c.step.value, t.sent().length], ["done", 0]);
});

test("what the server finds wrong with the address is shown at its field", async () => {
  const t = await checkout(() => {
    throw new Refused("invalid", "the shop does not ship to this country");
  });
  t.c.edit(contact);
  await t.c.review();
  await t.c.buy();
  assert.deepEqual([t.c.step.value, Object.keys(t.c.faults.value)], ["contact", ["country"]]);
});
