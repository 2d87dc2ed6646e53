// Orders of one's own, with what can be done about them: in the shop's sheet, and on the account.

import { useSignal } from "@preact/signals";
import type { Money, Order } from "../shopwire";
import { Texts, type Language } from "../text";
import { orderWords, type OrderKey } from "../words/orders";

/** Who shows orders and does what is asked for. */
export interface Clerk {
  readonly language: Language;
  /** The server's clock in ms, as far as it is known. */
  readonly now: number;
  price(m: Money): string;
  /** Cancels an order, and says itself what went wrong. */
  cancel(o: Order): Promise<void>;
  /** Pays an order whose payment was refused, where that can be done. */
  readonly pay?: (o: Order) => void;
}

export function Ordered({ clerk, orders }: { clerk: Clerk; orders: readonly Order[] }) {
  const words = new Texts(clerk.language, orderWords);
  return (
    <>
      {orders.length === 0 && <p class="none">{words.say("noOrders")}</p>}
      <ol class="orders">
        {orders.map((o) => (
          <One key={o.id} clerk={clerk} words={words} o={o} />
        ))}
      </ol>
    </>
  );
}

function One({ clerk, words, o }: { clerk: Clerk; words: Texts<OrderKey>; o: Order }) {
  const sure = useSignal(false);
  const busy = useSignal(false);
  const { now } = clerk;
  const date = (at: number, time = false) => new Date(at).toLocaleString(clerk.language, { dateStyle: "medium", ...(time ? { timeStyle: "short" } : {}) });
  const cancel = async () => {
    busy.value = true;
    await clerk.cancel(o);
    busy.value = sure.value = false;
  };
  const stands = ["authorised", "captured"].includes(o.state);
  const withdraws = (stands || o.state === "part_refunded") && (o.withdrawable === 0 || o.withdrawable > now);
  const path = `/api/shop/orders/${encodeURIComponent(o.id)}`;
  return (
    <li class="order">
      <p class="top-line">
        <b>{words.say("orderNo", { n: String(o.number) })}</b>
        <span class="is" data-state={o.state}>
          {words.say(`state_${o.state}`)}
        </span>
      </p>
      <p class="hint">
        {date(o.made, true)} · {clerk.price(o.totals.total)}
      </p>
      <p>{o.lines.map((l) => `${l.quantity} × ${l.title}`).join(", ")}</p>
      {o.shipped > 0 && <p class="hint">{words.say("shipped", { date: date(o.shipped) })}</p>}
      {o.tracking !== "" && <p class="hint">{words.say("tracking", { carrier: o.carrier, tracking: o.tracking })}</p>}
      {o.delivered > 0 && <p class="hint">{words.say("delivered", { date: date(o.delivered) })}</p>}
      {o.refunded.minor > 0 && <p class="hint">{words.say("refundedSum", { price: clerk.price(o.refunded) })}</p>}
      {o.reason !== "" && <p class="hint">{words.say("because", { why: o.reason })}</p>}
      {withdraws && ( // its end is a midnight, which belongs to the day before
        <p class="hint">{o.withdrawable > 0 ? words.say("withdraw", { date: date(o.withdrawable - 1000) }) : words.say("withdrawOpen")}</p>
      )}
      <p class="acts">
        {o.state === "failed" && clerk.pay && (
          <button type="button" class="text" onClick={() => clerk.pay?.(o)}>
            {words.say("tryAgain")}
          </button>
        )}
        {["authorised", "captured", "part_refunded", "refunded", "returned"].includes(o.state) && (
          <a class="text" href={`${path}/receipt?language=${clerk.language.slice(0, 2)}`} target="_blank" rel="noopener">
            {words.say("receipt")}
          </a>
        )}
        {withdraws && (
          <a class="text" href={`${path}/withdrawal`} target="_blank" rel="noopener">
            {words.say("withdrawNow")}
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
