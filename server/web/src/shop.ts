// The shop as the view reads it: one state for all that is sold, fed by a stream of events and, where none can be held, by asking now and
// then. It stays while the viewer goes from show to show. It knows neither the page nor the browser: ShopWorld is all it needs of them.

import { signal } from "@preact/signals";
import { backoff } from "./backoff";
import { Bell } from "./bell";
import type { Moment, Stock } from "./deal";
import { list, readOffer, readOrder, readProduct, readShopEvent, readTerms, type Order, type Reservation, type ShopEvent, type Sold, type Terms } from "./shopwire";

/** A stream that is not open so long after it was asked for is of no use, in ms: a proxy may hold it back. */
export const OPEN_WITHIN = 6000;
/** How often the shop is asked while there is no stream, in ms. */
export const POLL = 5000;
/** So many purchases are remembered. */
const SOLD = 50;

/** A stream of events that may not be open yet. */
export interface Source {
  /** Called when the stream is open, and when it is interrupted for a while. */
  onopen: (on: boolean) => void;
  onevent: (data: unknown) => void;
  /** Called once, when the stream is over for good. */
  onend: () => void;
  close(): void;
}

export type Method = "GET" | "POST" | "DELETE";

/** The world as the shop needs it. Times in ms. */
export interface ShopWorld {
  /** Listens to what happens in the shop, with the offers of a show. */
  listen(show: string): Source;
  /** Asks the server for what is beneath /api, and returns what it answers; throws a Refused. What changes something is sent once more where
   * nothing answers: it must carry its own key. */
  send(method: Method, path: string, body?: unknown): Promise<unknown>;
  pause(time: number, signals: readonly AbortSignal[]): Promise<void>;
  now(): number;
  random(): number;
  /** A new idempotency key. */
  id(): string;
  /** What is kept while the page's tab is open. */
  load(name: string): string;
  save(name: string, text: string): void;
}

/** A refusal of the shop; code "" where nothing answered. */
export class Refused extends Error {
  /** @param retryAfter ms; 0 where the server did not say */
  constructor(
    readonly code: string,
    readonly detail: string,
    readonly retryAfter = 0,
  ) {
    super(detail);
  }
}

export class Shop {
  readonly stock = signal<Stock>({ products: [], offers: [] });
  /** One's own, the newest first. */
  readonly orders = signal<readonly Order[]>([]);
  /** Recent purchases of anybody, the newest first. */
  readonly sold = signal<readonly Sold[]>([]);
  /** Something is known of what is sold. */
  readonly known = signal(false);
  readonly terms = signal<Terms | undefined>(undefined);
  /** The server's clock in ms. */
  readonly time = signal(0);
  readonly show = signal("");
  /** Hears what becomes of one's own reservations and orders. */
  reserved: (r: Reservation) => void = () => undefined;
  ordered: (o: Order) => void = () => undefined;

  #running: AbortController | undefined;
  #open = false;
  readonly #anew = new Bell();

  constructor(readonly world: ShopWorld) {}

  get moment(): Moment {
    return { show: this.show.value, at: this.time.value };
  }

  start(): void {
    if (this.#running) return;
    const { signal } = (this.#running = new AbortController());
    void this.#listen(signal);
    void this.#poll(signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  /** Goes to a show: its offers count now. */
  enter(show: string): void {
    if (this.show.value === show) return;
    this.show.value = show;
    this.anew();
  }

  /** Listens anew: somebody else may see more. */
  anew(): void {
    this.#anew.ring();
  }

  /** Asks how the shop sells, once. Throws a Refused. */
  async learn(): Promise<void> {
    this.terms.value ??= readTerms(await this.world.send("GET", "/shop/terms"));
  }

  /** Asks for what is sold and for one's orders now. */
  async look(): Promise<void> {
    const { world } = this;
    try {
      const [products, offers] = await Promise.all([
        world.send("GET", "/shop/products"), world.send("GET", `/shop/offers?show=${encodeURIComponent(this.show.value)}`),
      ]);
      this.hear({ type: "snapshot", products: list(products, readProduct), offers: list(offers, readOffer), orders: this.orders.value });
      this.#orders(list(await world.send("GET", "/shop/orders"), readOrder));
    } catch {
      // Who has not bought anything may not ask for orders; all else is asked again.
    }
  }

  hear(e: ShopEvent): void {
    const { products, offers } = this.stock.value;
    switch (e.type) {
      case "snapshot":
        this.stock.value = { products: sorted(e.products.filter((p) => !p.hidden)), offers: e.offers };
        this.known.value = true;
        this.#orders(e.orders);
        break;
      case "product": {
        const others = products.filter((p) => p.id !== e.product.id);
        this.stock.value = { products: e.product.hidden ? others : sorted([...others, e.product]), offers };
        break;
      }
      case "stock": {
        const left = new Map(e.stock.map((s) => [s.variant, s]));
        const fresh = (p: Stock["products"][number]) => ({
          ...p,
          variants: p.variants.map((v) => {
            const s = left.get(v.id);
            return s && s.version >= v.version ? { ...v, left: s.left, version: s.version } : v;
          }),
        });
        this.stock.value = { products: products.map((p) => (p.variants.some((v) => left.has(v.id)) ? fresh(p) : p)), offers };
        break;
      }
      case "offer":
        this.stock.value = { products, offers: [...offers.filter((o) => o.id !== e.offer.id), ...(e.offer.ended ? [] : [e.offer])] };
        break;
      case "sold":
        this.sold.value = [e, ...this.sold.value].slice(0, SOLD);
        break;
      case "reservation":
        this.reserved(e.reservation);
        break;
      case "order":
        this.#orders([e.order, ...this.orders.value.filter((o) => o.id !== e.order.id)]);
    }
  }

  #orders(orders: readonly Order[]): void {
    this.orders.value = [...orders].sort((a, b) => b.number - a.number);
    for (const o of orders) this.ordered(o);
  }

  /** Holds a stream, and comes back when it is lost. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { world } = this;
    let tries = 0;
    let troubleAt = world.now();
    while (!signal.aborted) {
      if (tries > 0) await world.pause(backoff(tries + 1, world.now() - troubleAt, world.random()), [signal, this.#anew.signal]);
      if (signal.aborted || this.show.value === "") {
        await world.pause(1e9, [signal, this.#anew.signal]);
        continue;
      }
      const held = await this.#hold(signal);
      if (held) troubleAt = world.now();
      tries = held ? 0 : tries + 1;
    }
  }

  /** Listens until the stream is over. Tells whether there was one. */
  async #hold(signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const source = this.world.listen(this.show.value);
    let opened = false;
    source.onopen = (on) => {
      opened ||= on;
      this.#open = on;
    };
    source.onevent = (data) => {
      const e = readShopEvent(data);
      if (e) this.hear(e);
    };
    source.onend = () => over.abort();
    void this.world.pause(OPEN_WITHIN, [over.signal, signal]).then(() => opened || over.abort());
    await this.world.pause(1e9, [over.signal, signal, this.#anew.signal]);
    source.onopen = source.onevent = source.onend = () => undefined;
    source.close();
    this.#open = false;
    return opened;
  }

  /** Asks while there is no stream. */
  async #poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.world.pause(POLL, [signal]);
      if (!this.#open && !signal.aborted && this.show.value !== "") await this.look();
    }
  }
}

const sorted = (products: readonly Stock["products"][number][]) => [...products].sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : 1));
