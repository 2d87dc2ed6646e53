// One's own orders.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refused } from "../shop";
import { readOrder, type Order } from "../shopwire";
import type { Store } from "../store";
import { Frame, Problem, wordsOf } from "./shop";

export function OrdersPage({ store }: { store: Store }) {
  const { counter } = store;
  const words = wordsOf(store);
  const orders = counter.shop.orders.value;
  useEffect(() => void counter.shop.look(), []);
  return (
    <Frame store={store} title={words.say("orders")} foot={<Problem store={store} />}>
      {orders.length === 0 && <p class="none">{words.say("noOrders")}</p>}
      <ol class="orders">
        {orders.map((o) => (
          <One key={o.id} store={store} o={o} />
        ))}
      </ol>
      <p class="hint else">
        {words.say("signIn")}{" "}
        <a class="text" href="/account" target="_blank" rel="noopener">
          {words.say("signInLink")}
        </a>
      </p>
    </Frame>
  );
}

function One({ store, o }: { store: Store; o: Order }) {
  const { counter } = store;
  const words = wordsOf(store);
  const sure = useSignal(false);
  const busy = useSignal(false);
  const now = counter.shop.time.value;
  const date = (at: number, time = false) => new Date(at).toLocaleString(counter.language, { dateStyle: "medium", ...(time ? { timeStyle: "short" } : {}) });
  const cancel = async () => {
    busy.value = true;
    try {
      const order = readOrder(await counter.shop.world.send("POST", `/shop/orders/${encodeURIComponent(o.id)}/cancel`));
      if (order) counter.shop.hear({ type: "order", order });
    } catch (e) {
      counter.problem.value = e instanceof Refused ? e : new Refused("", "");
    } finally {
      busy.value = sure.value = false;
    }
  };
  const stands = ["authorised", "captured"].includes(o.state);
  return (
    <li class="order">
      <p class="top-line">
        <b>{words.say("orderNo", { n: String(o.number) })}</b>
        <span class="is" data-state={o.state}>
          {words.say(`state_${o.state}`)}
        </span>
      </p>
      <p class="hint">
        {date(o.made, true)} · {counter.price(o.totals.total)}
      </p>
      <p>{o.lines.map((l) => `${l.quantity} × ${l.title}`).join(", ")}</p>
      {o.shipped > 0 && <p class="hint">{words.say("shipped", { date: date(o.shipped) })}</p>}
      {o.tracking !== "" && <p class="hint">{words.say("tracking", { carrier: o.carrier, tracking: o.tracking })}</p>}
      {o.delivered > 0 && <p class="hint">{words.say("delivered", { date: date(o.delivered) })}</p>}
      {o.refunded.minor > 0 && <p class="hint">{words.say("refundedSum", { price: counter.price(o.refunded) })}</p>}
      {o.reason !== "" && <p class="hint">{words.say("because", { why: o.reason })}</p>}
      {stands && <p class="hint">{o.withdrawable > 0 ? (o.withdrawable > now ? words.say("withdraw", { date: date(o.withdrawable) }) : "") : words.say("withdrawOpen")}</p>}
      <p class="acts">
        {o.state === "failed" && (
          <button type="button" class="text" onClick={() => counter.open({ page: "checkout", keys: o.lines.map((l) => l.reservation) })}>
            {words.say("tryAgain")}
          </button>
        )}
        {["authorised", "captured", "part_refunded", "refunded", "returned"].includes(o.state) && (
          <a class="text" href={`/api/shop/orders/${encodeURIComponent(o.id)}/receipt?language=${counter.language.slice(0, 2)}`} target="_blank" rel="noopener">
            {words.say("receipt")}
          </a>
        )}
        {stands && o.cancellable > now && !sure.value && (
          <button type="button" class="text" onClick={() => (sure.value = true)}>
            {words.say("cancelUntil", { time: date(o.cancellable, true) })}
          </button>
        )}
      </p>
      {sure.value && (
        <div role="alertdialog" aria-label={words.say("cancelSure")}>
          <p class="ask">{words.say("cancelSure")}</p>
          <div class="pair">
            <button type="button" class="second" onClick={() => (sure.value = false)}>
              {words.say("no")}
            </button>
            <button type="button" class="ok" disabled={busy.value} onClick={() => void cancel()}>
              {words.say("cancelYes")}
            </button>
          </div>
        </div>
      )}
    </li>
  );
}
