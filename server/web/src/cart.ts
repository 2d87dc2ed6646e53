// What somebody wants to buy: units that the server holds for them, or their place on a waiting list. The server decides; each wish has
// one key, which is sent again with every try, also after the page was loaded anew.

import { computed, signal } from "@preact/signals";
import { Refused, type Shop } from "./shop";
import { readReservation, type Money, type Reservation } from "./shopwire";

const KEPT = "vitrine.cart";
/** Somebody is warned so long before units lapse, in ms. */
export const WARN = 20_000;
/** How often places on waiting lists are asked for, in ms. */
const PLACES = 5000;
/** A wish that is being decided elsewhere is asked for again so often. */
const TRIES = 5;

/** What somebody wants: units of a variant, or of an offer. */
export interface Want {
  readonly variant: string;
  readonly offer: string;
  readonly quantity: number;
  /** What they were shown for all units. */
  readonly price: Money;
  readonly title: string;
  /** Which variant, in words. */
  readonly option: string;
  readonly picture: string;
}

export type LineState = "asking" | "held" | "frozen" | "waiting" | "lapsed";

/** A wish and where it stands. */
export interface Line extends Want {
  /** The reservation's ID. */
  readonly key: string;
  readonly show: string;
  readonly wait: boolean;
  readonly state: LineState;
  readonly until: number;
  readonly place: number;
}

/** What somebody should be told about a line. */
export type Happened = "served" | "warned" | "lapsed";

export class Cart {
  readonly lines = signal<readonly Line[]>([]);
  /** Units in it, those that wait left out. */
  readonly count = computed(() => this.lines.value.filter((l) => l.state !== "waiting").reduce((n, l) => n + l.quantity, 0));
  /** What can be paid. */
  readonly held = computed(() => this.lines.value.filter((l) => l.state === "held"));
  /** Hears what somebody should be told. */
  happened: (what: Happened, line: Line) => void = () => undefined;

  readonly #warned = new Set<string>();
  readonly #asked = new Set<string>();
  #placesAt = -Infinity;
  #known = false;

  constructor(private readonly shop: Shop) {
    shop.reserved = (r) => this.#heard(r);
    this.lines.value = this.#kept();
  }

  /** Asks anew for what was in the cart when the page was left. */
  async resume(): Promise<void> {
    await Promise.all(this.lines.value.map((l) => (l.state === "asking" ? this.#ask(l).catch(() => undefined) : l.state === "lapsed" ? undefined : this.#look(l.key))));
  }

  /** Holds units, or joins the waiting list. Returns the line; undefined where it is sold out. Throws a Refused. */
  async take(want: Want, wait = false): Promise<Line | undefined> {
    const line: Line = { ...want, key: this.shop.world.id(), show: this.shop.show.value, wait, state: "asking", until: 0, place: 0 };
    this.#put(line);
    return this.#ask(line);
  }

  /** Takes what lapsed, or is about to, once more, at the price of now. */
  async again(line: Line, price: Money): Promise<Line | undefined> {
    const next: Line = { ...line, price, key: this.shop.world.id(), show: this.shop.show.value, wait: false, state: "asking", until: 0, place: 0 };
    const before = this.lines.value;
    this.#set(before.map((l) => (l.key === line.key ? next : l)));
    try {
      const got = await this.#ask(next);
      if (!got) this.#set([...this.lines.value, { ...line, state: "lapsed" }]);
      else if (line.state === "held") await this.#release(line.key);
      return got;
    } catch (e) {
      this.#set([...this.lines.value, line]);
      throw e;
    }
  }

  /** Gives back what is held, and forgets it. */
  async drop(key: string): Promise<void> {
    const line = this.lines.value.find((l) => l.key === key);
    this.#set(this.lines.value.filter((l) => l.key !== key));
    if (line && line.state !== "lapsed") await this.#release(key);
  }

  /** Forgets what was paid. */
  forget(keys: readonly string[]): void {
    this.#set(this.lines.value.filter((l) => !keys.includes(l.key)));
  }

  /** Follows the server's clock: warns, and asks what became of what is over. */
  tick(now: number): void {
    for (const l of this.lines.value) {
      if (l.state !== "held" || l.until === 0) continue;
      const left = l.until - now;
      if (left <= 0 && !this.#asked.has(l.key)) {
        this.#asked.add(l.key);
        void this.#look(l.key).finally(() => this.#asked.delete(l.key));
      } else if (left > 0 && left <= WARN && !this.#warned.has(l.key)) {
        this.#warned.add(l.key);
        this.happened("warned", l);
      }
    }
    if (now - this.#placesAt < PLACES) return;
    this.#placesAt = now;
    for (const l of this.lines.value) if (l.state === "waiting") void this.#look(l.key);
  }

  async #ask(line: Line): Promise<Line | undefined> {
    const { world } = this.shop;
    const body = {
      id: line.key, quantity: line.quantity, price: line.price, ...(line.show ? { show: line.show } : {}), ...(line.wait ? { wait: true } : {}),
      ...(line.offer ? { offer: line.offer } : { variant: line.variant }),
    };
    for (let n = 0; ; n++) {
      try {
        const r = readReservation(await world.send("POST", "/shop/reservations", body));
        if (!this.#known) this.shop.anew(); // the first wish makes somebody known: the stream tells them of it from now on
        this.#known = true;
        if (r.state === "sold_out") this.forget([line.key]);
        else this.#heard(r);
        return this.lines.value.find((l) => l.key === line.key);
      } catch (e) {
        const busy = e instanceof Refused && e.code === "conflict" && e.retryAfter > 0;
        if (!busy || n === TRIES) {
          this.forget([line.key]);
          throw e;
        }
        await world.pause(e.retryAfter, []);
      }
    }
  }

  async #look(key: string): Promise<void> {
    try {
      this.#heard(readReservation(await this.shop.world.send("GET", `/shop/reservations/${encodeURIComponent(key)}`)));
    } catch (e) {
      if (e instanceof Refused && e.code === "not_found") this.#change(key, { state: "lapsed" });
    }
  }

  async #release(key: string): Promise<void> {
    try {
      await this.shop.world.send("DELETE", `/shop/reservations/${encodeURIComponent(key)}`);
    } catch {
      // It lapses by itself.
    }
  }

  #heard(r: Reservation): void {
    const line = this.lines.value.find((l) => l.key === r.id);
    if (!line) return;
    switch (r.state) {
      case "held":
      case "frozen":
        this.#change(r.id, { state: r.state, until: r.until, price: r.price, place: 0 });
        if (line.state === "waiting") this.happened("served", this.lines.value.find((l) => l.key === r.id)!);
        break;
      case "waiting":
        this.#change(r.id, { state: "waiting", place: r.place || line.place });
        break;
      case "lapsed":
      case "sold_out":
        if (line.state === "lapsed") break;
        this.#change(r.id, { state: "lapsed" });
        this.happened("lapsed", line);
        break;
      default:
        this.forget([r.id]);
    }
  }

  #change(key: string, by: Partial<Line>): void {
    this.#set(this.lines.value.map((l) => (l.key === key ? { ...l, ...by } : l)));
  }

  #put(line: Line): void {
    this.#set([...this.lines.value, line]);
  }

  #set(lines: readonly Line[]): void {
    this.lines.value = lines;
    this.shop.world.save(KEPT, JSON.stringify(lines));
  }

  #kept(): Line[] {
    try {
      const kept = JSON.parse(this.shop.world.load(KEPT)) as Line[];
      return Array.isArray(kept) ? kept.filter((l) => typeof l?.key === "string" && typeof l.quantity === "number" && typeof l.price?.minor === "number") : [];
    } catch {
      return [];
    }
  }
}
