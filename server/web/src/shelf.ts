// What the card of the product that is shown needs to know of the shop (server/wire, shop.go). Buying has its own place.

import { signal } from "@preact/signals";
import type { Showing } from "./roomwire";
import type { Language } from "./text";

/** An amount in minor units of a currency (ISO 4217). */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

interface Variant {
  readonly id: string;
  readonly price: Money;
}

export interface Product {
  readonly id: string;
  readonly title: string;
  readonly picture?: string;
  readonly link?: string;
  readonly variants: readonly Variant[];
}

export interface Offer {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly { readonly variant: string; readonly quantity: number }[];
  readonly price: Money;
}

/** What is shown of a product or an offer. */
export interface Card {
  readonly title: string;
  /** Its lowest price, and the usual one if that is higher. */
  readonly price: string;
  readonly usual: string;
  /** An address of a picture on this server; "" for none. */
  readonly picture: string;
  /** Where it is sold instead of here; "" for here. */
  readonly link: string;
}

/** What is known of what is sold. */
export interface Stock {
  readonly products: readonly Product[];
  readonly offers: readonly Offer[];
}

/** Makes the card; undefined where nothing is shown or known. */
export function card({ products, offers }: Stock, shown: Showing, language: Language): Card | undefined {
  const offer = offers.find((o) => o.id === shown.offer);
  const of = (variant: string) => products.find((p) => p.variants.some((v) => v.id === variant));
  const product = products.find((p) => p.id === shown.product) ?? of(offer?.parts[0]?.variant ?? "");
  const variants = product?.variants ?? [];
  const usual = variants.reduce<Money | undefined>((low, v) => (!low || v.price.minor < low.minor ? v.price : low), undefined);
  const price = offer?.price ?? usual;
  if (!price || (!product && !offer)) return undefined;
  const cheaper = offer && usual && offer.parts.length === 1 && offer.price.minor < usual.minor;
  return {
    title: product?.title ?? offer!.title, price: money(price, language), usual: cheaper ? money(usual, language) : "",
    picture: product?.picture ?? "", link: /^https:/.test(product?.link ?? "") ? product!.link! : "",
  };
}

/** An amount as people write it. */
export function money({ minor, currency }: Money, language: Language): string {
  try {
    const format = new Intl.NumberFormat(language, { style: "currency", currency });
    return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${minor} ${currency}`; // no currency that the browser knows
  }
}

/** Asks the shop for what the card needs, once for each product and offer that comes up. */
export class Shelf {
  readonly stock = signal<Stock>({ products: [], offers: [] });

  constructor(private readonly language: Language) {}

  /** Makes sure that what will be shown is known. */
  prepare(show: string, shown: Showing): void {
    const { products, offers } = this.stock.value;
    if (shown.product !== "" && !products.some((p) => p.id === shown.product)) void this.#products();
    if (shown.offer !== "" && !offers.some((o) => o.id === shown.offer)) void this.#offers(show, products.length === 0);
  }

  card(shown: Showing): Card | undefined {
    return card(this.stock.value, shown, this.language);
  }

  async #products(): Promise<void> {
    const products = await ask<Product>("/api/shop/products");
    if (products) this.stock.value = { ...this.stock.value, products };
  }

  async #offers(show: string, productsToo: boolean): Promise<void> {
    if (productsToo) void this.#products();
    const offers = await ask<Offer>(`/api/shop/offers?show=${encodeURIComponent(show)}`);
    if (offers) this.stock.value = { ...this.stock.value, offers };
  }
}

async function ask<T>(address: string): Promise<T[] | undefined> {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    return response.ok ? ((await response.json()) as T[]) : undefined;
  } catch {
    return undefined; // the card stays away
  }
}
