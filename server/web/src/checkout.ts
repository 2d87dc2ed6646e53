// One purchase, from the address to the receipt. What was typed is kept as long as the tab is open, and the order's key is the same with
// every try of the same wish, so that a lost answer, an impatient tap or a reload never buys twice.

import { signal } from "@preact/signals";
import type { Cart } from "./cart";
import { Refused, type Shop } from "./shop";
import { nowhere, readAgain, readContact, readOrder, readPlaced, readQuote } from "./shopwire";
import type { Address, Contact, Money, Order, PayAction, Placed, Quote } from "./shopwire";

/** Somebody is told that it takes its time after so long, in ms. */
export const SLOW = 5000;
/** How often an order is looked at that a provider thinks about, in ms. */
const LOOK = 3000;
const FORM = "vitrine.form";
const ORDER = "vitrine.order";
/** An order that is being decided is asked for again so often. */
const TRIES = 10;

export type Step = "contact" | "review" | "paying" | "action" | "declined" | "done" | "gone";
export type Field = "email" | Exclude<keyof Address, "extra">;
/** What is wrong with a field: it is missing, or odd. */
export type Fault = "missing" | "odd";

/** The payment provider's own fields, into which a buyer types what the shop must not see. */
export interface Fields {
  /** Whether all is there that is needed; the fields say themselves what is not. */
  check(): Promise<boolean>;
  /** Pays an order with what was typed. Returns why not, in the provider's words, "" when it is on its way, and undefined when nobody says. It takes as long
   * as the buyer's bank asks. */
  pay(secret: string, order: string): Promise<string | undefined>;
}

/** What is asked back before anything is ordered. */
export type Question = "" | "price" | "same";

const EMAIL = /^[^\s@<>,;:"()[\]\\]{1,64}@[\p{L}\d]([\p{L}\d.-]*[\p{L}\d])?\.[\p{L}][\p{L}\d-]+$/u;
const LONGEST = 120;

/** What is wrong with a contact, by field. */
export function faults({ email, address }: Contact, regions: readonly string[]): Partial<Record<Field, Fault>> {
  const all: Partial<Record<Field, Fault>> = {};
  if (email.trim() === "") all.email = "missing";
  else if (!EMAIL.test(email.trim()) || email.includes("..")) all.email = "odd";
  const needed: Field[] = ["name", "street", "city", "country", ...(regions.includes(address.country) ? (["region"] as const) : [])];
  for (const f of ["name", "street", "zip", "city", "region", "country", "phone"] as const) {
    const v = address[f].trim();
    if (v === "" && needed.includes(f)) all[f] = "missing";
    else if ([...v].length > LONGEST) all[f] = "odd";
  }
  return all;
}

/** Finds the field that the server's sentence about an address is about. */
function fieldOf(detail: string): Field | undefined {
  const words: [RegExp, Field][] = [
    [/e-mail/, "email"], [/country|ship/, "country"], [/postal/, "zip"], [/street/, "street"], [/city/, "city"], [/region|state/, "region"], [/phone/, "phone"], [/the name/, "name"],
  ];
  return words.find(([w]) => w.test(detail))?.[1];
}

export class Checkout {
  readonly step = signal<Step>("contact");
  readonly contact = signal<Contact>({ email: "", address: nowhere });
  readonly coupons = signal<readonly string[]>([]);
  readonly shipping = signal("");
  readonly pay = signal("");
  readonly quote = signal<Quote | undefined>(undefined);
  readonly quoting = signal(false);
  readonly faults = signal<Partial<Record<Field, Fault>>>({});
  readonly couponFault = signal("");
  readonly problem = signal<Refused | undefined>(undefined);
  readonly question = signal<Question>("");
  /** The payment takes its time. */
  readonly slow = signal(false);
  readonly order = signal<Order | undefined>(undefined);
  readonly action = signal<PayAction | undefined>(undefined);
  /** Why the payment was refused. */
  readonly reason = signal("");
  /** The address and all else was filled in from the last order. */
  readonly returning = signal(false);
  /** What is known about somebody who comes back has been asked for. */
  readonly ready = signal(false);
  /** What there is to pay is an order that was made before and could not be paid. */
  readonly again = signal(false);
  /** The provider's fields are there. */
  readonly fielded = signal(false);

  #fields: Fields | undefined;
  #quoted = 0;
  /** What the provider's fields do: pay now, or wait for somebody to type who has begun to pay. */
  #typing: "" | "pays" | "waits" = "";

  constructor(
    readonly shop: Shop,
    private readonly cart: Cart,
    /** The reservations that are bought. */
    readonly keys: readonly string[],
    /** Called once when it is bought. */
    private readonly bought: (o: Order) => void,
  ) {
    shop.ordered = (o) => this.#heard(o);
  }

  get lines() {
    return this.cart.lines.value.filter((l) => this.keys.includes(l.key));
  }

  /** Fills in what is known, and works out what it costs if nothing is missing. */
  async begin(): Promise<void> {
    const { world, terms } = this.shop;
    const again = world.send("GET", "/shop/again").then(readAgain, () => undefined);
    try {
      await this.shop.learn();
    } catch (e) {
      this.problem.value = refused(e);
    }
    const draft = this.#recall() ?? (await again);
    const country = draft?.contact.address.country || this.#country();
    if (draft) this.contact.value = draft.contact;
    this.contact.value = { ...this.contact.value, address: { ...this.contact.value.address, country } };
    this.shipping.value = draft?.shipping ?? "";
    const ways = terms.value?.pay ?? [];
    this.pay.value = ways.find((p) => p === draft?.pay) ?? ways[0] ?? "";
    this.returning.value = draft !== undefined && Object.keys(this.#check()).length === 0;
    this.ready.value = true;
    if (this.#resumed()) return;
    if (this.returning.value) await this.review();
  }

  /** Goes on with an order that was made of these reservations before the page was loaded anew. */
  #resumed(): boolean {
    const made = this.shop.orders.value.find((o) => o.lines.some((l) => this.keys.includes(l.reservation)));
    if (!made) return false;
    this.pay.value = made.pay;
    if (made.pay === "stripe") this.#typing = "waits";
    this.#stands(made);
    if (this.step.value === "paying") void this.#follow(made);
    else void this.settle();
    return true;
  }

  edit(by: { readonly email?: string; readonly address?: Partial<Address> }): void {
    const { email, address } = this.contact.value;
    this.contact.value = { email: by.email ?? email, address: { ...address, ...by.address } };
    const fixed = Object.keys({ ...by.address, ...(by.email === undefined ? {} : { email: "" }) });
    this.faults.value = Object.fromEntries(Object.entries(this.faults.value).filter(([f]) => !fixed.includes(f)));
    this.#keep();
  }

  /** Goes on to the review, if the contact is whole. Returns the first field that is not. */
  async review(): Promise<Field | undefined> {
    this.problem.value = undefined;
    this.faults.value = this.#check();
    const wrong = first(this.faults.value);
    if (wrong) return wrong;
    this.step.value = "review";
    await this.price();
    return first(this.faults.value);
  }

  ship(name: string): Promise<void> {
    this.shipping.value = name;
    this.#keep();
    return this.price();
  }

  choose(pay: string): void {
    this.pay.value = pay;
    this.#keep();
  }

  /** Tries a coupon. */
  async redeem(code: string): Promise<void> {
    code = code.trim().toUpperCase();
    if (code === "" || this.coupons.value.includes(code)) return;
    const before = this.coupons.value;
    this.coupons.value = [...before, code];
    this.couponFault.value = "";
    await this.price(() => {
      this.coupons.value = before;
      this.couponFault.value = code;
    });
  }

  async unredeem(code: string): Promise<void> {
    this.coupons.value = this.coupons.value.filter((c) => c !== code);
    await this.price();
  }

  /** Asks what the order would cost. */
  async price(undo?: () => void): Promise<void> {
    const n = ++this.#quoted;
    this.quoting.value = true;
    try {
      const quote = readQuote(await this.shop.world.send("POST", "/shop/quote", this.#body({ minor: 0, currency: this.shop.terms.value?.currency ?? "" })));
      if (n !== this.#quoted) return;
      this.quote.value = quote;
      if (this.problem.value?.code !== "stale_price") this.problem.value = undefined;
    } catch (e) {
      if (n !== this.#quoted) return;
      if (undo) undo();
      else this.#refused(refused(e));
    } finally {
      if (n === this.#quoted) this.quoting.value = false;
    }
  }

  /** Pays by these fields from now on, or by none. */
  use(fields: Fields | undefined): void {
    this.#fields = fields;
    this.fielded.value = fields !== undefined;
  }

  /** Orders and pays. */
  async buy(confirmed = false): Promise<void> {
    const total = this.quote.value?.totals.total;
    if (!total || this.step.value === "paying") return;
    this.problem.value = undefined;
    this.question.value = "";
    const wish = this.#body(total);
    const body = { ...wish, id: this.#key(JSON.stringify(wish)), ...(confirmed ? { confirmed: true } : {}) };
    await this.#paying(async () => {
      for (let n = 0; ; n++) {
        try {
          return readPlaced(await this.shop.world.send("POST", "/shop/orders", body));
        } catch (e) {
          const busy = e instanceof Refused && e.code === "conflict" && e.retryAfter > 0;
          if (!busy || n === TRIES) throw e;
          await this.shop.world.pause(e.retryAfter, []);
        }
      }
    });
  }

  /** Tries again to pay an order whose payment was refused. */
  async retry(): Promise<void> {
    const order = this.order.value;
    if (order) await this.#paying(async () => readPlaced(await this.shop.world.send("POST", `/shop/orders/${encodeURIComponent(order.id)}/pay`, { pay: this.pay.value })));
  }

  /** Asks the provider how the payment stands: the buyer is back from its page. */
  async settle(): Promise<void> {
    const order = this.order.value;
    if (!order || !waits(order)) return;
    try {
      const now = readOrder(await this.shop.world.send("POST", `/shop/orders/${encodeURIComponent(order.id)}/settle`));
      if (now) this.#heard(now);
    } catch {
      // The order's own event tells it as well.
    }
  }

  async #paying(send: () => Promise<Placed>): Promise<void> {
    const answered = new AbortController();
    const before = this.step.value;
    this.step.value = "paying";
    this.slow.value = false;
    const fields = this.pay.value === "stripe" ? this.#fields : undefined;
    try {
      if (fields && !(await fields.check())) {
        this.step.value = before;
        return;
      }
      void this.shop.world.pause(SLOW, [answered.signal]).then(() => (this.slow.value = !answered.signal.aborted || this.slow.value));
      const placed = await send();
      this.action.value = placed.action;
      this.reason.value = placed.reason;
      this.#typing = fields && placed.action.secret !== "" ? "pays" : "";
      this.#stands(placed.order);
      if (fields && this.#typing === "pays" && waits(placed.order)) {
        answered.abort();
        await this.#type(fields, placed);
      }
      if (this.step.value === "paying") void this.#follow(placed.order);
    } catch (e) {
      this.#typing = "";
      this.step.value = before;
      this.#refused(refused(e));
    } finally {
      answered.abort();
    }
  }

  /** Has the provider's fields pay, and asks the server what became of it. */
  async #type(fields: Fields, { order, action }: Placed): Promise<void> {
    const why = await fields.pay(action.secret, order.id);
    this.reason.value = why ?? "";
    this.#typing = why === "" ? "" : "waits";
    this.action.value = undefined;
    await this.settle();
    if (this.order.value && waits(this.order.value)) this.#stands(this.order.value);
  }

  /** Looks at an order that the provider thinks about, until it has been decided. */
  async #follow(order: Order): Promise<void> {
    while (this.step.value === "paying" || this.step.value === "action") {
      await this.shop.world.pause(LOOK, []);
      if (this.step.value === "paying") this.slow.value = true;
      try {
        const now = readOrder(await this.shop.world.send("GET", `/shop/orders/${encodeURIComponent(order.id)}`));
        if (now) this.#heard(now);
      } catch {
        // It is looked at again.
      }
    }
  }

  #heard(o: Order): void {
    if (o.id === this.order.value?.id && this.step.value !== "done") this.#stands(o);
  }

  /** Takes where the order stands. */
  #stands(o: Order): void {
    this.order.value = o;
    const { redirect = "", text = "", epc = "", secret = "" } = this.action.value ?? {};
    switch (o.state) {
      case "failed":
        this.again.value = true;
        this.step.value = "declined";
        this.slow.value = false;
        break;
      case "expired":
      case "cancelled":
        this.step.value = "gone";
        break;
      case "held":
      case "authorising":
        if (this.#typing === "pays") this.step.value = "paying";
        else if (this.#typing === "waits" || redirect !== "" || secret !== "") {
          this.again.value = true;
          this.step.value = "action";
        } else if (text !== "" || epc !== "") this.#done(o);
        else this.step.value = "paying";
        break;
      default:
        this.#done(o);
    }
  }

  #done(o: Order): void {
    this.step.value = "done";
    this.slow.value = false;
    this.cart.forget(this.keys);
    this.shop.world.save(ORDER, "");
    this.shop.anew(); // who has bought is known from now on: the stream tells them of their orders
    this.bought(o);
  }

  #refused(e: Refused): void {
    this.problem.value = e;
    switch (e.code) {
      case "stale_price":
        this.question.value = "price";
        void this.price();
        break;
      case "conflict":
        if (this.step.value === "review") this.question.value = "same";
        break;
      case "key_reused":
        this.shop.world.save(ORDER, "");
        break;
      case "invalid": {
        const field = fieldOf(e.detail);
        if (!field) break;
        this.faults.value = { [field]: "odd" };
        this.step.value = "contact";
      }
    }
  }

  /** The key of an order: the same as long as the wish is. */
  #key(wish: string): string {
    const { world } = this.shop;
    try {
      const kept = JSON.parse(world.load(ORDER)) as { key: string; wish: string };
      if (kept.wish === wish && kept.key.length >= 16) return kept.key;
    } catch {
      // There is none yet.
    }
    const key = world.id();
    world.save(ORDER, JSON.stringify({ key, wish }));
    return key;
  }

  #body(total: Money) {
    const { email, address } = this.contact.value;
    const trimmed = Object.fromEntries(Object.entries(address).map(([k, v]) => [k, v.trim()]).filter(([k, v]) => v !== "" || k === "name" || k === "street" || k === "city"));
    return {
      id: "quote-only-0000000000", reservations: this.keys, contact: { email: email.trim(), address: trimmed }, pay: this.pay.value, total,
      ...(this.coupons.value.length > 0 ? { coupons: this.coupons.value } : {}), ...(this.shipping.value === "" ? {} : { shipping: this.shipping.value }),
    };
  }

  #check() {
    return faults(this.contact.value, this.shop.terms.value?.regions ?? []);
  }

  /** The country to begin with: the only one, or the shop's. */
  #country(): string {
    const { countries = [], home = "" } = this.shop.terms.value ?? {};
    return countries.length === 1 && countries[0] !== "*" ? countries[0]! : countries.includes(home) || countries.includes("*") ? home : "";
  }

  #keep(): void {
    this.shop.world.save(FORM, JSON.stringify({ contact: this.contact.value, shipping: this.shipping.value, pay: this.pay.value }));
  }

  #recall() {
    try {
      const kept = JSON.parse(this.shop.world.load(FORM)) as { contact?: unknown; shipping?: unknown; pay?: unknown };
      return { contact: readContact(kept.contact), shipping: String(kept.shipping ?? ""), pay: String(kept.pay ?? "") };
    } catch {
      return undefined;
    }
  }
}

/** Whether an order waits for its buyer to pay, or for the provider. */
const waits = (o: Order): boolean => o.state === "held" || o.state === "authorising";

const ORDERED: readonly Field[] = ["email", "name", "street", "zip", "city", "region", "country", "phone"];

function first(all: Partial<Record<Field, Fault>>): Field | undefined {
  return ORDERED.find((f) => all[f] !== undefined);
}

/** What was thrown, as a refusal. */
export const refused = (e: unknown): Refused => (e instanceof Refused ? e : new Refused("", ""));
