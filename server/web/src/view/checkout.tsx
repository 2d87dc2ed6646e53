// The checkout: the address, the review with the way to pay, and what became of it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Checkout } from "../checkout";
import type { Store } from "../store";
import type { ShopKey } from "../words/shop";
import { ContactStep, countryName, Trouble, Wrong } from "./address";
import { Item } from "./cart";
import { Code } from "./code";
import { PayFields } from "./payfields";
import { Frame, wordsOf } from "./shop";

/** The purchases of this page, by what they are of: one goes on while its sheet is closed. */
const purchases = new Map<string, Checkout>();

function purchase(store: Store, keys: readonly string[]): Checkout {
  const name = [...keys].sort().join();
  let c = purchases.get(name);
  if (!c) {
    c = new Checkout(store.counter.shop, store.counter.cart, keys, (o) => store.counter.bought(o));
    purchases.set(name, c);
    void c.begin();
  }
  return c;
}

export function CheckoutPage({ store, keys }: { store: Store; keys: readonly string[] }) {
  const c = useRef<Checkout | undefined>(undefined);
  c.current ??= purchase(store, keys);
  const it = c.current;
  const words = wordsOf(store);
  switch (it.step.value) {
    case "contact":
      return it.ready.value ? <ContactStep store={store} c={it} /> : <Frame store={store} title={words.say("checkoutTitle")}><p class="none">{words.say("asking")}</p></Frame>;
    case "action":
      if (it.action.value?.redirect) return <Confirm store={store} c={it} />;
      return <Payment store={store} c={it} title={words.say("unfinished")} />;
    case "review":
    case "paying":
    case "declined":
      return <Payment store={store} c={it} title={words.say(it.step.value === "declined" || it.again.value ? "declined" : "stepReview")} />;
    case "done":
      return <Done store={store} c={it} />;
    case "gone":
      return <Gone store={store} />;
  }
}

/** What is bought, where it goes and how it is paid; of an order that could not be paid only how. What was typed into the provider's fields
 * stays from one try to the next. */
function Payment({ store, c, title }: { store: Store; c: Checkout; title: string }) {
  const paying = c.step.value === "paying";
  const words = wordsOf(store);
  return (
    <Frame store={store} title={title} foot={<PayFoot store={store} c={c} />}>
      {c.again.value ? (
        <div hidden={paying}>
          {c.reason.value !== "" && <p>{words.say("because", { why: c.reason.value })}</p>}
          <p>{words.say(c.step.value === "declined" ? "declinedHint" : "unfinishedHint")}</p>
        </div>
      ) : (
        <Wish store={store} c={c} />
      )}
      <Ways store={store} c={c} disabled={paying} />
      {!paying && !c.again.value && <Coupons store={store} c={c} />}
      <Sums store={store} c={c} />
    </Frame>
  );
}

/** What is bought, and where it goes. */
function Wish({ store, c }: { store: Store; c: Checkout }) {
  const { counter } = store;
  const words = wordsOf(store);
  const { email, address } = c.contact.value;
  const paying = c.step.value === "paying";
  const q = c.quote.value;
  return (
    <>
      <ul class="lines-of" inert={paying}>
        {c.lines.map((l) => (
          <Item key={l.key} store={store} line={l} fixed={c.lines.length > 1} />
        ))}
      </ul>
      <div class="block" inert={paying}>
        <h3>{words.say("to")}</h3>
        <p class="whom">
          {address.name}
          <br />
          {[address.street, address.extra].filter(Boolean).join(", ")}
          <br />
          {[address.zip, address.city, address.region].filter(Boolean).join(" ")}, {countryName(store, address.country)}
          <br />
          {email}
        </p>
        <button type="button" class="text" onClick={() => (c.step.value = "contact")}>
          {words.say("change")}
        </button>
      </div>
      {q && q.shipments.length > 1 && (
        <fieldset class="ways" disabled={paying}>
          <legend>{words.say("shipping")}</legend>
          {q.shipments.map((s) => (
            <label key={s.name}>
              <input type="radio" name="shipping" checked={q.shipping.name === s.name} onChange={() => void c.ship(s.name)} />
              <span>
                {s.name} {s.days !== "" && <small>{words.say("days", { days: s.days })}</small>}
              </span>
              <b>{counter.price(s.price)}</b>
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}

/** The ways to pay; of what was begun at a provider only that one. */
function Ways({ store, c, disabled }: { store: Store; c: Checkout; disabled: boolean }) {
  const words = wordsOf(store);
  const begun = c.step.value === "action";
  const ways = begun ? [c.pay.value] : (c.shop.terms.value?.pay ?? []);
  const total = c.order.value?.totals.total ?? c.quote.value?.totals.total;
  const name = (p: string) => (["test", "cash", "transfer", "stripe"].includes(p) ? words.say(`by_${p}` as ShopKey) : p);
  return (
    <fieldset class="ways" disabled={disabled}>
      <legend>{words.say("payBy")}</legend>
      {ways.map((p) => (
        <label key={p}>
          <input type="radio" name="pay" checked={c.pay.value === p} onChange={() => c.choose(p)} />
          <span>{name(p)}</span>
        </label>
      ))}
      {c.pay.value === "stripe" && total && total.minor > 0 && <PayFields store={store} c={c} total={total} busy={disabled} />}
    </fieldset>
  );
}

function Coupons({ store, c }: { store: Store; c: Checkout }) {
  const words = wordsOf(store);
  const code = useSignal("");
  const wrong = c.couponFault.value;
  const use = async (e: Event) => {
    e.preventDefault();
    await c.redeem(code.value);
    if (c.couponFault.value === "") code.value = "";
  };
  return (
    <form class="coupon" onSubmit={(e) => void use(e)}>
      <label for="shop-coupon">{words.say("coupon")}</label>
      <div class="pair">
        <input
          id="shop-coupon"
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          value={code.value}
          maxLength={64}
          aria-invalid={wrong !== ""}
          aria-describedby={wrong === "" ? undefined : "shop-coupon-fault"}
          onInput={(e) => {
            code.value = e.currentTarget.value;
            c.couponFault.value = "";
          }}
        />
        <button type="submit" class="second" disabled={code.value.trim() === "" || c.quoting.value}>
          {words.say("useCoupon")}
        </button>
      </div>
      {wrong !== "" && <Wrong id="shop-coupon-fault" text={words.say("couponBad", { code: wrong })} />}
      {c.coupons.value.map((one) => (
        <button key={one} type="button" class="used" aria-label={words.say("dropCoupon", { code: one })} onClick={() => void c.unredeem(one)}>
          {one} ×
        </button>
      ))}
    </form>
  );
}

/** What it costs, line by line. */
function Sums({ store, c }: { store: Store; c: Checkout }) {
  const { counter } = store;
  const words = wordsOf(store);
  const t = c.quote.value?.totals;
  if (!t) return null;
  const rows: [ShopKey, string][] = [["sum", counter.price(t.goods)]];
  if (t.discount.minor > 0) rows.push(["discount", `−${counter.price(t.discount)}`]);
  rows.push(["shipping", counter.price(t.shipping)]);
  if (!t.taxIncluded) rows.push(["tax", counter.price(t.tax)]);
  return (
    <dl class="sums" data-old={c.quoting.value}>
      {rows.map(([key, value]) => (
        <div key={key}>
          <dt>{words.say(key)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div class="total">
        <dt>{words.say("total")}</dt>
        <dd>{counter.price(t.total)}</dd>
      </div>
      {t.taxIncluded && (
        <div class="hint">
          <dt>{words.say("taxIn")}</dt>
          <dd>{counter.price(t.tax)}</dd>
        </div>
      )}
    </dl>
  );
}

/** The button that pays, and what is asked back before. */
function PayFoot({ store, c }: { store: Store; c: Checkout }) {
  const { counter } = store;
  const words = wordsOf(store);
  const total = c.quote.value?.totals.total;
  const price = total ? counter.price(total) : "…";
  if (c.step.value === "paying") {
    return (
      <p class="paying" role="status">
        <span class="spinner" /> {words.say(c.slow.value ? "payingSlow" : "payingNow")}
      </p>
    );
  }
  if (c.question.value === "same") {
    return (
      <div role="alertdialog" aria-label={words.say("same")}>
        <p class="ask">{words.say("same")}</p>
        <div class="pair">
          <button type="button" class="second" onClick={() => counter.close()}>
            {words.say("no")}
          </button>
          <button type="button" class="ok" onClick={() => void c.buy(true)}>
            {words.say("yesAgain")}
          </button>
        </div>
      </div>
    );
  }
  const ready = c.pay.value !== "stripe" || c.fielded.value;
  if (c.again.value) {
    return (
      <>
        <Trouble store={store} c={c} />
        <button type="button" class="ok wide" disabled={!ready} onClick={() => void c.retry()}>
          {words.say("tryAgain")}
        </button>
      </>
    );
  }
  const held = c.lines.every((l) => l.state === "held") && c.lines.length === c.keys.length;
  return (
    <>
      {c.question.value === "price" && !c.quoting.value && (
        <p class="ask" role="alert">
          {words.say("newPrice", { price })}
        </p>
      )}
      <Trouble store={store} c={c} />
      <button type="button" class="ok wide" disabled={!total || c.quoting.value || c.pay.value === "" || !held || !ready} onClick={() => void c.buy()}>
        {words.say("payNow", { price })}
      </button>
      <small class="hint center">{words.say("obliged")}</small>
    </>
  );
}

/** The payment has to be confirmed at the provider's; it is looked at when the page is seen again. */
function Confirm({ store, c }: { store: Store; c: Checkout }) {
  const words = wordsOf(store);
  const { redirect = "", text = "" } = c.action.value ?? {};
  useEffect(() => {
    const seen = () => document.hidden || void c.settle();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [c]);
  return (
    <Frame store={store} title={words.say("confirm")}>
      <p>{words.say("confirmHint")}</p>
      {text !== "" && <p>{text}</p>}
      <a class="ok wide" href={redirect} target="_blank" rel="noopener noreferrer">
        {words.say("openPage")}
      </a>
      <button type="button" class="second wide" onClick={() => void c.settle()}>
        {words.say("back2")}
      </button>
    </Frame>
  );
}

function Done({ store, c }: { store: Store; c: Checkout }) {
  const { counter } = store;
  const words = wordsOf(store);
  const o = c.order.value!;
  const { text = "", epc = "" } = c.action.value ?? {};
  return (
    <Frame
      store={store}
      title={words.say("done", { n: String(o.number) })}
      foot={
        <>
          <button type="button" class="ok wide" onClick={() => counter.close()}>
            {words.say("backToShow")}
          </button>
          <button type="button" class="text center" onClick={() => counter.open({ page: "orders" }, true)}>
            {words.say("orders")}
          </button>
        </>
      }
    >
      <p role="status">{words.say("doneMail", { email: c.contact.value.email })}</p>
      {o.pay === "cash" && <p>{words.say("doneCash")}</p>}
      {o.pay !== "cash" && (text !== "" || epc !== "") && (
        <div class="block">
          <p>{words.say("transferHint")}</p>
          {text !== "" && <p class="details">{text}</p>}
          {epc !== "" && <Code text={epc} name={words.say("epcAlt")} />}
        </div>
      )}
      <ul class="sold">
        {o.lines.map((l) => (
          <li key={l.reservation}>
            <span>
              {l.quantity} × {l.title}
            </span>
            <b>{counter.price(l.price)}</b>
          </li>
        ))}
        <li class="total">
          <span>{words.say("total")}</span>
          <b>{counter.price(o.totals.total)}</b>
        </li>
      </ul>
    </Frame>
  );
}

function Gone({ store }: { store: Store }) {
  const { counter } = store;
  const words = wordsOf(store);
  return (
    <Frame
      store={store}
      title={words.say("checkoutTitle")}
      foot={
        <button type="button" class="ok wide" onClick={() => counter.open({ page: "list" }, true)}>
          {words.say("goShop")}
        </button>
      }
    >
      <p role="alert">{words.say("orderGone")}</p>
    </Frame>
  );
}
