// The shop as the server tells of it (server/wire, shop.go, shopevent.go and desk.go): the same JSON, read with care, because a proxy
// on the way may answer anything. Times are ms of the server's clock, 0 for none.

/** An amount in minor units of a currency (ISO 4217). */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

export interface Variant {
  readonly id: string;
  readonly title: string;
  /** Its values of the product's options, in their order. */
  readonly options: readonly string[];
  readonly price: Money;
  /** Which of the product's pictures shows it, from 1; 0 for none. */
  readonly picture: number;
  /** Units that somebody could still buy. */
  readonly left: number;
  /** Grows with every change of the stock. */
  readonly version: number;
}

export interface Product {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly pictures: readonly { readonly id: string; readonly alt: string }[];
  /** Where it is sold instead of here; "" for here. */
  readonly link: string;
  readonly hidden: boolean;
  /** Most units a buyer may have of each variant; 0 for any number. */
  readonly cap: number;
  readonly place: number;
  readonly options: readonly string[];
  readonly variants: readonly Variant[];
}

export type OfferKind = "personal" | "tiers" | "flash" | "limited" | "exclusive" | "bundle";

export interface Offer {
  readonly id: string;
  readonly kind: OfferKind;
  readonly title: string;
  readonly show: string;
  readonly parts: readonly { readonly variant: string; readonly quantity: number }[];
  readonly price: Money;
  readonly tiers: readonly { readonly units: number; readonly price: Money }[];
  /** How many there are in all; 0 for as many as in stock. */
  readonly units: number;
  readonly cap: number;
  readonly from: number;
  readonly until: number;
  readonly reason: string;
  readonly ended: boolean;
  readonly taken: number;
  readonly left: number;
  /** The part's lowest price of the 30 days before; without a currency for none. */
  readonly lowest: Money;
  readonly version: number;
}

export type Hold = "held" | "frozen" | "sold" | "sold_out" | "waiting" | "lapsed" | "released" | "returned";

export interface Reservation {
  readonly id: string;
  readonly state: Hold;
  readonly order: string;
  readonly quantity: number;
  readonly price: Money;
  readonly until: number;
  readonly place: number;
}

export type OrderState = "held" | "authorising" | "authorised" | "captured" | "failed" | "expired" | "cancelled" | "part_refunded" | "refunded" | "returned";

export interface OrderLine {
  readonly reservation: string;
  readonly title: string;
  readonly quantity: number;
  readonly price: Money;
}

export interface Totals {
  readonly goods: Money;
  readonly discount: Money;
  readonly shipping: Money;
  readonly tax: Money;
  readonly taxIncluded: boolean;
  readonly total: Money;
}

export interface Order {
  readonly id: string;
  readonly number: number;
  readonly state: OrderState;
  readonly lines: readonly OrderLine[];
  readonly totals: Totals;
  readonly pay: string;
  readonly made: number;
  readonly shipped: number;
  readonly delivered: number;
  readonly carrier: string;
  readonly tracking: string;
  readonly reason: string;
  readonly refunded: Money;
  readonly cancellable: number;
  readonly withdrawable: number;
}

export interface Address {
  readonly name: string;
  readonly street: string;
  readonly extra: string;
  readonly zip: string;
  readonly city: string;
  readonly region: string;
  readonly country: string;
  readonly phone: string;
}

export interface Contact {
  readonly email: string;
  readonly address: Address;
}

export interface Shipment {
  readonly name: string;
  readonly days: string;
  readonly price: Money;
}

export interface Quote {
  readonly totals: Totals;
  readonly shipping: Shipment;
  readonly shipments: readonly Shipment[];
}

/** What the buyer must do to pay. */
export interface PayAction {
  /** Opens the payment to the provider's own fields. */
  readonly secret: string;
  readonly redirect: string;
  readonly text: string;
  readonly epc: string;
}

export interface Placed {
  readonly order: Order;
  readonly action: PayAction;
  /** Why the payment was refused. */
  readonly reason: string;
}

/** What everybody may know of how the shop sells. */
export interface Terms {
  readonly currency: string;
  readonly home: string;
  /** Where it ships to; * alone for everywhere. */
  readonly countries: readonly string[];
  /** Countries whose addresses need a region. */
  readonly regions: readonly string[];
  readonly pay: readonly string[];
  /** Stripe's publishable key, "" where one cannot pay by it. */
  readonly stripe: string;
  /** For how many seconds units are held. */
  readonly hold: number;
}

/** With what somebody ordered last. */
export interface Again {
  readonly contact: Contact;
  readonly shipping: string;
  readonly pay: string;
}

/** A purchase that was paid. */
export interface Sold {
  readonly variant: string;
  readonly offer: string;
  readonly quantity: number;
  readonly at: number;
}

export type ShopEvent =
  | { readonly type: "snapshot"; readonly products: readonly Product[]; readonly offers: readonly Offer[]; readonly orders: readonly Order[] }
  | { readonly type: "stock"; readonly stock: readonly { readonly variant: string; readonly left: number; readonly version: number }[] }
  | { readonly type: "product"; readonly product: Product }
  | { readonly type: "offer"; readonly offer: Offer }
  | ({ readonly type: "sold" } & Sold)
  | { readonly type: "reservation"; readonly reservation: Reservation }
  | { readonly type: "order"; readonly order: Order };

type Raw = Readonly<Record<string, unknown>>;

const raw = (v: unknown): Raw => (typeof v === "object" && v !== null ? (v as Raw) : {});
const text = (v: unknown): string => (typeof v === "string" ? v : "");
const num = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) ? v : 0);
/** A list, without what is not to be read. */
export function list<T>(v: unknown, read: (v: unknown) => T | undefined): T[] {
  return Array.isArray(v) ? v.map(read).filter((x) => x !== undefined) : [];
}
/** A time of Go's; its zero time is none. */
const time = (v: unknown): number => Math.max(0, Date.parse(text(v)) || 0);

const money = (v: unknown): Money => ({ minor: num(raw(v)["minor"]), currency: text(raw(v)["currency"]) });

const variant = (v: unknown): Variant | undefined => {
  const o = raw(v);
  if (text(o["id"]) === "") return undefined;
  return {
    id: text(o["id"]), title: text(o["title"]), options: list(o["options"], text), price: money(o["price"]), picture: num(o["picture"]),
    left: num(o["left"]), version: num(o["version"]),
  };
};

export const readProduct = (v: unknown): Product | undefined => {
  const o = raw(v);
  if (text(o["id"]) === "") return undefined;
  return {
    id: text(o["id"]), title: text(o["title"]), text: text(o["text"]),
    pictures: list(o["pictures"], (p) => (text(raw(p)["id"]) === "" ? undefined : { id: text(raw(p)["id"]), alt: text(raw(p)["alt"]) })),
    link: /^https:/.test(text(o["link"])) ? text(o["link"]) : "", hidden: o["hidden"] === true, cap: num(o["cap"]), place: num(o["place"]),
    options: list(o["options"], text), variants: list(o["variants"], variant),
  };
};

const KINDS: readonly OfferKind[] = ["personal", "tiers", "flash", "limited", "exclusive", "bundle"];

export const readOffer = (v: unknown): Offer | undefined => {
  const o = raw(v);
  const kind = KINDS.find((k) => k === o["kind"]);
  if (text(o["id"]) === "" || !kind) return undefined;
  return {
    id: text(o["id"]), kind, title: text(o["title"]), show: text(o["show"]),
    parts: list(o["parts"], (p) => ({ variant: text(raw(p)["variant"]), quantity: num(raw(p)["quantity"]) })),
    price: money(o["price"]), tiers: list(o["tiers"], (t) => ({ units: num(raw(t)["units"]), price: money(raw(t)["price"]) })),
    units: num(o["units"]), cap: num(o["cap"]), from: time(o["from"]), until: time(o["until"]), reason: text(o["reason"]),
    ended: o["ended"] === true, taken: num(o["taken"]), left: num(o["left"]), lowest: money(o["lowest"]), version: num(o["version"]),
  };
};

export const readReservation = (v: unknown): Reservation => {
  const o = raw(v);
  return {
    id: text(o["id"]), state: text(o["state"]) as Hold, order: text(o["order"]), quantity: num(o["quantity"]), price: money(o["price"]),
    until: time(o["until"]), place: num(o["place"]),
  };
};

const totals = (v: unknown): Totals => {
  const o = raw(v);
  return {
    goods: money(o["goods"]), discount: money(o["discount"]), shipping: money(o["shipping"]), tax: money(o["tax"]),
    taxIncluded: o["taxIncluded"] === true, total: money(o["total"]),
  };
};

export const readOrder = (v: unknown): Order | undefined => {
  const o = raw(v);
  if (text(o["id"]) === "") return undefined;
  return {
    id: text(o["id"]), number: num(o["number"]), state: text(o["state"]) as OrderState,
    lines: list(o["lines"], (l) => ({
      reservation: text(raw(l)["reservation"]), title: text(raw(l)["title"]), quantity: num(raw(l)["quantity"]), price: money(raw(l)["price"]),
    })),
    totals: totals(o["totals"]), pay: text(o["pay"]), made: time(o["made"]), shipped: time(o["shipped"]), delivered: time(o["delivered"]),
    carrier: text(o["carrier"]), tracking: text(o["tracking"]), reason: text(o["reason"]), refunded: money(o["refunded"]),
    cancellable: time(o["cancellable"]), withdrawable: time(o["withdrawable"]),
  };
};

const shipment = (v: unknown): Shipment => ({ name: text(raw(v)["name"]), days: text(raw(v)["days"]), price: money(raw(v)["price"]) });

export const readQuote = (v: unknown): Quote => ({
  totals: totals(raw(v)["totals"]), shipping: shipment(raw(v)["shipping"]), shipments: list(raw(v)["shipments"], shipment),
});

export const readPlaced = (v: unknown): Placed => {
  const a = raw(raw(v)["action"]);
  const order = readOrder(raw(v)["order"]);
  if (!order) throw new TypeError("not an order");
  const redirect = text(a["redirect"]);
  return {
    order, reason: text(raw(v)["reason"]),
    action: { secret: text(a["secret"]), redirect: /^https:/.test(redirect) ? redirect : "", text: text(a["text"]), epc: text(a["epc"]) },
  };
};

export const readTerms = (v: unknown): Terms => {
  const o = raw(v);
  return { currency: text(o["currency"]), home: text(o["home"]), countries: list(o["countries"], text), regions: list(o["regions"], text), pay: list(o["pay"], text), stripe: text(o["stripe"]), hold: num(o["hold"]) };
};

/** An address with nothing in it. */
export const nowhere: Address = { name: "", street: "", extra: "", zip: "", city: "", region: "", country: "", phone: "" };

export const readContact = (v: unknown): Contact => {
  const a = raw(raw(v)["address"]);
  const lines = Object.keys(nowhere).map((k) => [k, text(a[k])]);
  return { email: text(raw(v)["email"]), address: Object.fromEntries(lines) as unknown as Address };
};

export const readAgain = (v: unknown): Again => ({ contact: readContact(raw(v)["contact"]), shipping: text(raw(v)["shipping"]), pay: text(raw(v)["pay"]) });

/** Reads an event of the stream; undefined for one that is none. */
export function readShopEvent(data: unknown): ShopEvent | undefined {
  let o: Raw;
  try {
    o = raw(typeof data === "string" ? JSON.parse(data) : data);
  } catch {
    return undefined;
  }
  switch (o["type"]) {
    case "snapshot":
      return { type: "snapshot", products: list(o["products"], readProduct), offers: list(o["offers"], readOffer), orders: list(o["orders"], readOrder) };
    case "stock":
      return { type: "stock", stock: list(o["stock"], (s) => ({ variant: text(raw(s)["variant"]), left: num(raw(s)["left"]), version: num(raw(s)["version"]) })) };
    case "product": {
      const product = readProduct(o["product"]);
      return product && { type: "product", product };
    }
    case "offer": {
      const offer = readOffer(o["offer"]);
      return offer && { type: "offer", offer };
    }
    case "sold":
      return { type: "sold", variant: text(o["variant"]), offer: text(o["offer"]), quantity: num(o["quantity"]), at: time(o["at"]) };
    case "reservation":
      return { type: "reservation", reservation: readReservation(o["reservation"]) };
    case "order": {
      const order = readOrder(o["order"]);
      return order && { type: "order", order };
    }
    default:
      return undefined;
  }
}
