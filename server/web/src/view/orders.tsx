// One's own orders, in the shop's sheet.

import { useEffect } from "preact/hooks";
import { Refused } from "../shop";
import { readOrder, type Order } from "../shopwire";
import type { Store } from "../store";
import { Ordered, type Clerk } from "./ordered";
import { Frame, Problem, wordsOf } from "./shop";

export function OrdersPage({ store }: { store: Store }) {
  const { counter } = store;
  const { shop } = counter;
  const words = wordsOf(store);
  useEffect(() => void shop.look(), []);
  const clerk: Clerk = {
    language: counter.language,
    now: shop.time.value,
    price: (m) => counter.price(m),
    cancel: async (o: Order) => {
      try {
        const order = readOrder(await shop.world.send("POST", `/shop/orders/${encodeURIComponent(o.id)}/cancel`));
        if (order) shop.hear({ type: "order", order });
      } catch (e) {
        counter.problem.value = e instanceof Refused ? e : new Refused("", "");
      }
    },
    pay: (o: Order) => counter.open({ page: "checkout", keys: o.lines.map((l) => l.reservation) }),
  };
  return (
    <Frame store={store} title={words.say("orders")} foot={<Problem store={store} />}>
      <Ordered clerk={clerk} orders={shop.orders.value} />
      <p class="hint else">
        {words.say("signIn")}{" "}
        <a class="text" href="/account" target="_blank" rel="noopener">
          {words.say("signInLink")}
        </a>
      </p>
    </Frame>
  );
}
