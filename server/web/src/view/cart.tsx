// What somebody has taken: held for a while, waiting, or over.

import type { Line } from "../cart";
import { WARN } from "../cart";
import type { Store } from "../store";
import { duration } from "../text";
import { Close } from "./icons";
import { Frame, Problem, wordsOf } from "./shop";

export function CartPage({ store }: { store: Store }) {
  const { counter } = store;
  const words = wordsOf(store);
  const { cart } = counter;
  const lines = cart.lines.value;
  const held = cart.held.value;
  const sum = { minor: held.reduce((n, l) => n + l.price.minor, 0), currency: held[0]?.price.currency ?? "" };
  const tools = (
    <button type="button" class="text" onClick={() => counter.open({ page: "orders" })}>
      {words.say("orders")}
    </button>
  );
  const foot = (
    <>
      <Problem store={store} />
      {held.length > 0 && (
        <button type="button" class="ok wide" onClick={() => counter.open({ page: "checkout", keys: held.map((l) => l.key) })}>
          {words.say("checkout", { price: counter.price(sum) })}
        </button>
      )}
      <button type="button" class="text center" onClick={() => counter.open({ page: "list" })}>
        {words.say("goods")}
      </button>
    </>
  );
  return (
    <Frame store={store} title={words.say("cart")} tools={tools} foot={foot}>
      {lines.length === 0 && <p class="none">{words.say("emptyCart")}</p>}
      <ul class="lines-of">
        {lines.map((l) => (
          <Item key={l.key} store={store} line={l} />
        ))}
      </ul>
    </Frame>
  );
}

/** A line with its picture, price and time. */
export function Item({ store, line, fixed }: { store: Store; line: Line; fixed?: boolean }) {
  const { counter } = store;
  const words = wordsOf(store);
  const left = line.until - counter.shop.time.value;
  const begun = line.state === "frozen" && counter.page.value?.page === "cart" && counter.shop.orders.value.find((o) => o.lines.some((l) => l.reservation === line.key));
  return (
    <li class="item" data-state={line.state}>
      {line.picture === "" ? <span class="blank" aria-hidden="true">{[...line.title][0]}</span> : <img src={line.picture} alt="" width="56" height="56" />}
      <span class="what">
        <b>
          {line.quantity > 1 && `${line.quantity} × `}
          {line.title}
        </b>
        {line.option !== "" && <small>{line.option}</small>}
        <small class={line.state === "held" && left <= WARN ? "state late" : "state"}>
          {line.state === "held" && line.until > 0 && words.say("held", { time: duration(left) })}
          {line.state === "waiting" && (line.place > 0 ? words.say("waiting", { n: String(line.place) }) : words.say("waitingSoon"))}
          {line.state === "lapsed" && words.say("lapsed")}
          {line.state === "asking" && words.say("asking")}
          {line.state === "frozen" && words.say("paying")}
        </small>
        {(line.state === "lapsed" || (line.state === "held" && left <= 2 * WARN && !fixed)) && (
          <button type="button" class="text" onClick={() => void counter.again(line)}>
            {words.say(line.state === "lapsed" ? "takeAgain" : "longer")}
          </button>
        )}
        {begun && (
          <button type="button" class="text" onClick={() => counter.open({ page: "checkout", keys: begun.lines.map((l) => l.reservation) })}>
            {words.say("payOn")}
          </button>
        )}
      </span>
      <span class="price">{counter.price(line.price)}</span>
      {!fixed && line.state !== "frozen" && (
        <button type="button" class="shut" aria-label={words.say("remove", { title: line.title })} onClick={() => void counter.cart.drop(line.key)}>
          <Close />
        </button>
      )}
    </li>
  );
}
