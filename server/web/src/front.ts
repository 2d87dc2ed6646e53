// What of the shop is there before anybody opens it. It is a chunk of its own, which comes beside the first picture and never before it.

import { effect } from "@preact/signals";
import type { ComponentType } from "preact";
import { Cart } from "./cart";
import { Counter } from "./counter";
import { back } from "./paid";
import { Shop } from "./shop";
import { browserShop } from "./shopworld";
import type { Store } from "./store";
import type { Language } from "./text";
import { Card } from "./view/card";
import { Bag, Sheet, Toasts } from "./view/counter";

/** A page that nobody has seen for so long, in ms, lets go of its stream: without TLS a browser has six connections to a server. */
const UNSEEN = 30_000;

/** The shop with what is seen of it. */
export interface Front {
  readonly counter: Counter;
  readonly Card: ComponentType<{ store: Store }>;
  readonly Bag: ComponentType<{ store: Store }>;
  readonly Sheet: ComponentType<{ store: Store }>;
  readonly Toasts: ComponentType<{ store: Store }>;
}

/** Opens the shop of the server that the page came from, in a show. */
export function open(show: string, language: Language): Front {
  const shop = new Shop(browserShop());
  const counter = new Counter(shop, new Cart(shop), language);
  shop.enter(show);
  shop.start();
  void counter.cart.resume();
  let leaving: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => shop.stop(), UNSEEN);
    else shop.start();
  });
  const product = new URLSearchParams(location.search).get("product") ?? "";
  if (product !== "") once(() => shop.known.value, () => counter.visit(product));
  const order = back(location, history);
  const made = () => shop.orders.value.find((o) => o.id === order);
  if (order !== "") once(made, (o) => counter.open({ page: "checkout", keys: o.lines.map((l) => l.reservation) }, true));
  addEventListener("pagehide", () => shop.stop());
  addEventListener("pageshow", (e) => e.persisted && shop.start());
  return { counter, Card, Bag, Sheet, Toasts };
}

/** Does something as soon as something is there. */
function once<T>(there: () => T | undefined | false, act: (it: T) => void): void {
  const stop = effect(() => {
    const it = there();
    if (!it) return;
    queueMicrotask(() => {
      stop();
      act(it);
    });
  });
}
