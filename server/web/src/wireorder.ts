// Orders as the server tells of them (server/wire), as far as the pages beside the player need.

import type { Money } from "./money";

/** A time that never was, as the server writes it. */
export const never = (time: string | undefined): boolean => time === undefined || time.startsWith("0001-");

export interface Line {
  readonly reservation: string;
  readonly title: string;
  readonly sku?: string;
  readonly quantity: number;
  readonly price: Money;
  readonly discount: Money;
  readonly tax: Money;
  readonly taxRate: number;
  readonly refunded: Money;
}

export interface Address {
  readonly name: string;
  readonly street: string;
  readonly extra?: string;
  readonly zip?: string;
  readonly city: string;
  readonly region?: string;
  readonly country: string;
  readonly phone?: string;
}

export const states = [
  "held", "authorising", "authorised", "captured", "failed", "expired", "cancelled", "part_refunded", "refunded", "returned",
] as const;

export type OrderState = (typeof states)[number];

export interface Order {
  readonly id: string;
  readonly number: number;
  readonly state: OrderState;
  readonly lines: readonly Line[];
  readonly totals: {
    readonly goods: Money;
    readonly discount: Money;
    readonly shipping: Money;
    readonly tax: Money;
    readonly taxIncluded: boolean;
    readonly total: Money;
  };
  readonly coupons?: readonly string[];
  readonly shipping: string;
  readonly pay: string;
  readonly made: string;
  readonly paid: string;
  readonly shipped?: string;
  readonly delivered?: string;
  readonly carrier?: string;
  readonly tracking?: string;
  readonly reason?: string;
  readonly refunded: Money;
  readonly cancellable: string;
  readonly withdrawable: string;
  readonly contact?: { readonly email: string; readonly address: Address };
}

/** What was paid for a line. */
export function paidFor(o: Order, l: Line): number {
  return l.price.minor - l.discount.minor + (o.totals.taxIncluded ? 0 : l.tax.minor);
}
