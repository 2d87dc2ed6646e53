// The counter of the shop: what the viewer looks at and does there, and what they are told. The sheets that open from it come with the
// first use, or before it when the page has nothing else to do, so that the picture comes first.

import { computed, signal } from "@preact/signals";
import { Announcer } from "./announcer";
import type { Cart, Happened, Line, Want } from "./cart";
import { deal, find, first, money, picture, type Deal } from "./deal";
import type { Showing } from "./roomwire";
import { Refused, type Shop } from "./shop";
import type { Offer, Order, Product, Variant } from "./shopwire";
import { Texts, type Language } from "./text";
import { counterWords, type CounterKey } from "./words/counter";

/** What is open. */
export type Page =
  | { readonly page: "list" }
  | { readonly page: "product"; readonly product: string; readonly variant: string }
  | { readonly page: "bundle"; readonly offer: string }
  | { readonly page: "cart" }
  | { readonly page: "checkout"; readonly keys: readonly string[] }
  | { readonly page: "orders" };

/** A word about something that happened, until it is taken away. */
export interface Toast {
  readonly key: string;
  readonly text: string;
  /** The line that it is about. */
  readonly line: string;
  readonly act: "" | "pay" | "again" | "orders";
  /** When it goes, by the server's clock; 0 when its line does. */
  readonly until: number;
}

/** What the card of a thing shows. */
export interface Card {
  readonly product: Product | undefined;
  readonly variant: Variant | undefined;
  readonly offer: Offer | undefined;
  readonly title: string;
  readonly picture: string;
  readonly link: string;
  readonly deal: Deal;
  /** There is something to choose first. */
  readonly choice: boolean;
}

/** A word is shown for so long, in ms. */
const TOLD = 9000;

export class Counter {
  readonly words: Texts<CounterKey>;
  readonly pages = signal<readonly Page[]>([]);
  /** What is open; undefined for nothing. */
  readonly page = computed(() => this.pages.value.at(-1));
  readonly toasts = signal<readonly Toast[]>([]);
  /** What a screen reader says. */
  readonly spoken = signal("");
  /** A thing is being taken just now, by its variant or offer. */
  readonly taking = signal("");
  readonly problem = signal<Refused | undefined>(undefined);
  readonly #announcer: Announcer;

  constructor(
    readonly shop: Shop,
    readonly cart: Cart,
    readonly language: Language,
  ) {
    this.words = new Texts(language, counterWords);
    this.#announcer = new Announcer(() => "");
    cart.happened = (what, line) => this.#happened(what, line);
  }

  /** Makes sure that what will be shown is known. */
  prepare(shown: Showing): void {
    const { products, offers } = this.shop.stock.value;
    const known = (shown.product === "" || products.some((p) => p.id === shown.product)) && (shown.offer === "" || offers.some((o) => o.id === shown.offer));
    if (!known) void this.shop.look();
  }

  /** The card of what is shown; undefined where nothing is shown or known. */
  card(shown: Pick<Showing, "product" | "offer">): Card | undefined {
    const { stock, moment } = this.shop;
    const offer = stock.value.offers.find((o) => o.id === shown.offer);
    if (offer?.kind === "bundle") return this.bundle(offer);
    const part = offer && find(stock.value, offer.parts[0]?.variant ?? "");
    const product = stock.value.products.find((p) => p.id === shown.product) ?? part?.product;
    const variant = part && part.product === product ? part.variant : product && first(stock.value, product, moment);
    if (!product || !variant) return undefined;
    const d = deal(stock.value, variant, 1, moment);
    return {
      product, variant, offer: d.offer, title: product.title, picture: picture(product, 160, variant), link: product.link, deal: d,
      choice: product.variants.length > 1,
    };
  }

  /** The card of several things at one price. */
  bundle(offer: Offer): Card {
    const stock = this.shop.stock.value;
    const apart = offer.parts.reduce((sum, p) => sum + (find(stock, p.variant)?.variant.price.minor ?? 0) * p.quantity, 0);
    const one = find(stock, offer.parts[0]?.variant ?? "");
    return {
      product: undefined, variant: undefined, offer, title: offer.title, picture: picture(one?.product, 160, one?.variant), link: "", choice: false,
      deal: { offer, price: offer.price, usual: { minor: apart, currency: offer.price.currency }, left: offer.left },
    };
  }

  open(page: Page, fresh = false): void {
    this.problem.value = undefined;
    this.pages.value = fresh ? [page] : [...this.pages.value, page];
  }

  back(): void {
    this.problem.value = undefined;
    this.pages.value = this.pages.value.slice(0, -1);
  }

  close(): void {
    this.pages.value = [];
  }

  /** Shows a product to who has not opened anything yet. */
  visit(id: string): void {
    if (this.page.value) return;
    const { stock, moment } = this.shop;
    const product = stock.value.products.find((p) => p.id === id);
    this.open({ page: "product", product: id, variant: (product && first(stock.value, product, moment)?.id) ?? "" }, true);
  }

  toggle(): void {
    if (this.page.value) this.close();
    else this.open(this.cart.lines.value.length > 0 ? { page: "cart" } : { page: "list" }, true);
  }

  /** What somebody wants who taps on a card. */
  want(c: Card, quantity = 1): Want {
    const bundled = c.offer?.kind === "bundle";
    return {
      variant: bundled ? "" : (c.variant?.id ?? ""), offer: bundled ? (c.offer?.id ?? "") : "", quantity, price: c.deal.price, title: c.title,
      option: c.variant?.options.join(" · ") || (c.choice ? (c.variant?.title ?? "") : ""), picture: c.picture,
    };
  }

  /** Buys what a card shows: takes it and goes to the checkout, or shows what there is to choose. */
  buy(c: Card): void {
    if (c.choice && c.product) this.open({ page: "product", product: c.product.id, variant: c.variant?.id ?? "" }, true);
    else void this.take(this.want(c), "buy");
  }

  /** Holds what somebody wants, to be paid at once or later, or joins the waiting list. Tells whether that went well. */
  async take(want: Want, then: "buy" | "keep" | "wait"): Promise<boolean> {
    const what = want.variant || want.offer;
    if (this.taking.value === what) return false;
    this.taking.value = what;
    this.problem.value = undefined;
    try {
      const line = await this.cart.take(want, then === "wait");
      if (!line) throw new Refused("sold_out", "");
      if (line.state === "held" && then !== "keep") this.open({ page: "checkout", keys: [line.key] });
      else if (line.state === "held") this.tell(this.words.say("inCart", { title: want.title }), line.key);
      return true;
    } catch (e) {
      this.#troubled(e, want);
      return false;
    } finally {
      this.taking.value = "";
    }
  }

  /** Takes what lapsed once more. */
  async again(line: Line): Promise<void> {
    const { stock, moment } = this.shop;
    const found = find(stock.value, line.variant);
    const offer = stock.value.offers.find((o) => o.id === line.offer);
    const price = found ? deal(stock.value, found.variant, line.quantity, moment).price : (offer && { minor: offer.price.minor * line.quantity, currency: offer.price.currency }) ?? line.price;
    this.problem.value = undefined;
    this.hush(line.key);
    try {
      const got = await this.cart.again(line, price);
      if (!got) throw new Refused("sold_out", "");
    } catch (e) {
      this.#troubled(e, line);
    }
  }

  /** Says something for a while. */
  tell(text: string, line = "", act: Toast["act"] = "", until = this.shop.time.value + TOLD): void {
    const key = this.shop.world.id();
    this.toasts.value = [...this.toasts.value.filter((t) => line === "" || t.line !== line), { key, text, line, act, until }].slice(-3);
    this.#announcer.hear(text, "mine");
  }

  /** Takes away what was said about a line, or by its key. */
  hush(key: string): void {
    this.toasts.value = this.toasts.value.filter((t) => t.key !== key && t.line !== key);
  }

  /** Something was bought while its sheet may be closed. */
  bought(order: Order): void {
    if (this.page.value?.page !== "checkout") this.tell(this.words.say("bought", { n: String(order.number) }), "", "orders");
  }

  /** The sentence for a refusal. */
  sentence(e: Refused): string {
    const key = `no_${e.code || "answer"}`;
    return this.words.has(key) ? this.words.say(key) : this.words.say("no_internal");
  }

  /** Follows the server's clock. */
  tick(now: number): void {
    this.shop.time.value = now;
    this.cart.tick(now);
    const lines = this.cart.lines.value;
    const stays = (t: Toast) => (t.until > 0 ? t.until > now : lines.some((l) => l.key === t.line && l.state === "held"));
    if (!this.toasts.value.every(stays)) this.toasts.value = this.toasts.value.filter(stays);
    const said = this.#announcer.due(performance.now());
    if (said !== "") this.spoken.value = said;
  }

  price(m: Deal["price"]): string {
    return money(m, this.language);
  }

  #happened(what: Happened, line: Line): void {
    const text = this.words.say(what, { title: line.title });
    if (what === "lapsed") this.tell(text, line.key, "again");
    else this.tell(text, line.key, what === "served" ? "pay" : "again", 0);
  }

  #troubled(e: unknown, want: Want): void {
    this.problem.value = e instanceof Refused ? e : new Refused("", "");
    if (["stale_price", "offer_closed", "sold_out", "not_found"].includes(this.problem.value.code)) void this.shop.look();
    if (this.page.value) return;
    const found = find(this.shop.stock.value, want.variant);
    const problem = this.problem.value;
    if (found) this.open({ page: "product", product: found.product.id, variant: want.variant }, true);
    else this.tell(this.sentence(problem));
    this.problem.value = problem;
  }
}
