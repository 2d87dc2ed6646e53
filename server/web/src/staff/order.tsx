// An order with all that can be done about it.

import { signal, useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { parse, show, typed, type Money } from "../money";
import { never, paidFor, type Order } from "../wireorder";
import { Refusal, Wishes, type Desk } from "./desk";
import { Check, Field, Form, useLoaded, Waiting } from "./form";
import { Chip, type Search } from "./orders";
import type { Key } from "./words";

export function OrderPage({ desk, search, number }: { desk: Desk; search: Search; number: string }) {
  const { words } = desk;
  const known = search.list.value?.find((o) => String(o.number) === number);
  const loaded = useLoaded<Order>(desk, async () => {
    const [o] = await desk.ask<Order[]>("GET", "/api/shop/admin/orders?limit=1", { headers: { Search: `%23${encodeURIComponent(number)}` } });
    if (o === undefined) throw new Refusal("not_found", words.say("noOrder", { n: number }));
    return o;
  }, [number]);
  const order = loaded.value.value ?? known;
  /** What is answered to a change says nothing of the contact. */
  const changed = (o: Order) => {
    const whole = order?.contact ? { ...o, contact: order.contact } : o;
    loaded.value.value = whole;
    search.put(whole);
  };
  return (
    <>
      <p><a href="#/orders">{`← ${words.say("orders")}`}</a></p>
      {order ? <Whole desk={desk} order={order} changed={changed} /> : <Waiting desk={desk} of={loaded} />}
    </>
  );
}

interface Props {
  readonly desk: Desk;
  readonly order: Order;
  readonly changed: (o: Order) => void;
}

function Whole({ desk, order: o, changed }: Props) {
  const { words } = desk;
  const paid = o.state === "captured" || o.state === "part_refunded";
  const cash = o.state === "authorised" && o.pay === "cash";
  const byHand = (o.state === "authorising" || o.state === "authorised") && (o.pay === "cash" || o.pay === "transfer");
  const ends = ["held", "authorising", "authorised", "failed", "captured"].includes(o.state);
  return (
    <>
      <div class="title">
        <h1>{words.say("order", { n: String(o.number) })}</h1>
        <Chip desk={desk} state={o.state} />
      </div>
      {o.reason && <p class="quiet">{words.say("because", { reason: o.reason })}</p>}
      <div class="columns">
        <div class="stack">
          <Lines desk={desk} order={o} />
          {desk.may("orders.ship") && (paid || cash || o.shipped) && (
            <Act desk={desk} title="ship" open={!o.delivered}><Ship desk={desk} order={o} changed={changed} /></Act>
          )}
          {desk.may("orders.refund") && byHand && <Act desk={desk} title="byHand"><ByHand desk={desk} order={o} changed={changed} /></Act>}
          {desk.may("orders.refund") && paid && <Act desk={desk} title="refund"><Back desk={desk} order={o} changed={changed} /></Act>}
          {desk.may("orders.refund") && ends && <Act desk={desk} title="cancel"><Cancel desk={desk} order={o} changed={changed} /></Act>}
        </div>
        <div class="stack">
          <Whom desk={desk} order={o} />
          <Days desk={desk} order={o} />
        </div>
      </div>
    </>
  );
}

function Act({ desk, title, open, children }: { desk: Desk; title: Key; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="card act" open={open ?? false}>
      <summary><h2>{desk.words.say(title)}</h2></summary>
      {children}
    </details>
  );
}

function Lines({ desk, order: o }: { desk: Desk; order: Order }) {
  const { words } = desk;
  const say = (m: Money) => show(words.language, m);
  const sum = (key: Key, m: Money, note = "", sign = "", kind = "") => (
    <tr class={kind}>
      <th scope="row">{words.say(key)}{note !== "" && <small class="quiet">{` (${note})`}</small>}</th>
      <td>{sign + say(m)}</td>
    </tr>
  );
  return (
    <section class="card">
      <table class="sums">
        <tbody>
          {o.lines.map((l) => (
            <tr key={l.reservation}>
              <th scope="row">
                {`${l.quantity} × ${l.title}`}
                {l.sku && <small class="quiet">{` ${l.sku}`}</small>}
                {l.refunded.minor > 0 && <small class="bad">{` ${words.say("lineBack", { sum: say(l.refunded) })}`}</small>}
              </th>
              <td>{say(l.price)}</td>
            </tr>
          ))}
          {o.totals.discount.minor > 0 && sum("discount", o.totals.discount, (o.coupons ?? []).join(", "), "−")}
          {sum("shippingCost", o.totals.shipping, o.shipping)}
          {!o.totals.taxIncluded && sum("taxOn", o.totals.tax)}
        </tbody>
        <tfoot>
          {sum("total", o.totals.total, "", "", "total")}
          {o.totals.taxIncluded && sum("taxIn", o.totals.tax, "", "", "quiet")}
          {o.refunded.minor > 0 && sum("refunded", o.refunded, "", "−", "bad")}
        </tfoot>
      </table>
    </section>
  );
}

function Whom({ desk, order: o }: { desk: Desk; order: Order }) {
  const { words } = desk;
  const a = o.contact?.address;
  const receipt = async () => desk.keep(`/api/shop/admin/orders/${encodeURIComponent(o.id)}/receipt?language=${words.language}`, `receipt-${o.number}.html`);
  return (
    <section class="card">
      <h2>{words.say("buyer")}</h2>
      {a && o.contact ? (
        <>
          <address>
            {[a.name, a.street, a.extra, `${a.zip ?? ""} ${a.city}`.trim(), a.region, a.country].filter((l) => l).map((l) => <div key={l}>{l}</div>)}
          </address>
          <p class="ways">
            <a href={`mailto:${o.contact.email}`}>{o.contact.email}</a>
            {a.phone && <a href={`tel:${a.phone.replace(/[^+\d]/g, "")}`}>{a.phone}</a>}
          </p>
        </>
      ) : <p class="quiet">{words.say("erased")}</p>}
      {(!never(o.paid) || o.state === "authorised") && <Form desk={desk} kind="plain" button={words.say("receipt")} done={words.say("kept")} send={receipt} />}
    </section>
  );
}

function Days({ desk, order: o }: { desk: Desk; order: Order }) {
  const { words } = desk;
  const at = new Intl.DateTimeFormat(words.language, { dateStyle: "medium", timeStyle: "short" });
  const rows: readonly (readonly [Key, string | undefined])[] = [
    ["made", o.made], ["paid", o.paid], ["shipped", o.shipped], ["delivered", o.delivered], ["cancellable", new Date(o.cancellable) > new Date() ? o.cancellable : undefined], ["withdrawable", o.withdrawable],
  ];
  return (
    <section class="card">
      <h2>{words.say("course")}</h2>
      <dl class="facts">
        {rows.filter(([, time]) => !never(time)).map(([key, time]) => (
          <div key={key}><dt>{words.say(key)}</dt><dd>{at.format(new Date(time ?? ""))}</dd></div>
        ))}
        <div><dt>{words.say("payment")}</dt><dd>{words.say(`pay_${o.pay}` as Key)}</dd></div>
        {o.carrier && <div><dt>{words.say("carrier")}</dt><dd>{o.carrier}</dd></div>}
        {o.tracking && <div><dt>{words.say("tracking")}</dt><dd class="breaks">{o.tracking}</dd></div>}
      </dl>
    </section>
  );
}

const address = (o: Order, act: string): string => `/api/shop/admin/orders/${encodeURIComponent(o.id)}/${act}`;

function Ship({ desk, order: o, changed }: Props) {
  const { words } = desk;
  const carrier = useSignal(o.carrier ?? "");
  const tracking = useSignal(o.tracking ?? "");
  const arrived = useSignal(false);
  const send = async () => changed(await desk.ask<Order>("POST", address(o, "ship"), { body: { carrier: carrier.value.trim(), tracking: tracking.value.trim(), delivered: arrived.value } }));
  return (
    <Form desk={desk} button={words.say(o.shipped ? "shipAgain" : "shipNow")} done={words.say("saved")} send={send}>
      <p class="quiet">{words.say("shipText")}</p>
      <div class="two">
        <Field label={words.say("carrier")} value={carrier} maxLength={120} />
        <Field label={words.say("tracking")} value={tracking} maxLength={120} />
      </div>
      {!o.delivered && <Check label={words.say("arrived")} value={arrived} />}
    </Form>
  );
}

/** A line in the form that gives money back. */
interface Piece {
  readonly units: Signal<string>;
  readonly restock: Signal<boolean>;
}

function Back({ desk, order: o, changed }: Props) {
  const { words } = desk;
  const reason = useSignal("");
  const pieces = useMemo<readonly Piece[]>(() => o.lines.map(() => ({ units: signal("0"), restock: signal(true) })), [o.id]);
  const wishes = useMemo(() => new Wishes(), []);
  const returns = pieces.map((p, line) => ({ line, quantity: Number(p.units.value), restock: p.restock.value })).filter((r) => r.quantity > 0);
  const about = returns.reduce((sum, { line, quantity }) => sum + share(o, line, quantity), 0);
  const send = async () => {
    if (returns.length === 0) throw new Refusal("chosen", words.say("chooseUnits"));
    const body = { returns, refunded: o.refunded, reason: reason.value.trim() };
    const after = await desk.ask<Order>("POST", address(o, "refund"), { body, headers: { "Idempotency-Key": wishes.of(body) } });
    wishes.done();
    for (const p of pieces) p.units.value = "0";
    reason.value = "";
    changed(after);
  };
  return (
    <Form desk={desk} kind="danger" button={about > 0 ? words.say("refundNow", { sum: show(words.language, { ...o.refunded, minor: about }) }) : words.say("refund")} done={words.say("refundDone")} send={send}>
      <p class="quiet">{words.say("refundText")}</p>
      {o.lines.map((l, i) => {
        const p = pieces[i];
        return p && l.refunded.minor < paidFor(o, l) && (
          <fieldset key={l.reservation} class="piece">
            <legend>{l.title}</legend>
            <label class="field">
              <span>{words.say("unitsOf", { n: String(l.quantity) })}</span>
              <select value={p.units.value} onChange={(e) => (p.units.value = e.currentTarget.value)}>
                {Array.from({ length: l.quantity + 1 }, (_, n) => <option key={n} value={String(n)}>{n}</option>)}
              </select>
            </label>
            <Check label={words.say("restock")} value={p.restock} />
          </fieldset>
        );
      })}
      <Field label={words.say("reason")} value={reason} maxLength={200} hint={words.say("reasonHint")} />
    </Form>
  );
}

/** About what so many units of a line cost; the server works it out to the cent, and adds the shipping to the last of all. */
function share(o: Order, line: number, units: number): number {
  const l = o.lines[line];
  if (l === undefined) return 0;
  const paid = paidFor(o, l);
  return Math.min(paid - l.refunded.minor, Math.round((paid * units) / l.quantity));
}

function Cancel({ desk, order: o, changed }: Props) {
  const { words } = desk;
  const reason = useSignal("");
  const send = async () => changed(await desk.ask<Order>("POST", address(o, "cancel"), { body: { reason: reason.value.trim() } }));
  return (
    <Form desk={desk} kind="danger" button={words.say("cancelNow", { n: String(o.number) })} done={words.say("saved")} send={send}>
      <p class="quiet">{words.say(never(o.paid) ? "cancelUnpaid" : "cancelText")}</p>
      <Field label={words.say("reason")} value={reason} maxLength={200} hint={words.say("reasonHint")} />
    </Form>
  );
}

function ByHand({ desk, order: o, changed }: Props) {
  const { words } = desk;
  const amount = useSignal(typed(o.totals.total));
  const wishes = useMemo(() => new Wishes(), []);
  const send = async () => {
    const sum = parse(amount.value, o.totals.total.currency);
    if (sum === undefined) throw new Refusal("typed", words.say("noAmount"));
    const after = await desk.ask<Order>("POST", address(o, "paid"), { body: { id: wishes.of([o.id, sum]), amount: sum } });
    wishes.done();
    changed(after);
  };
  return (
    <Form desk={desk} button={words.say("byHandNow")} done={words.say("saved")} send={send}>
      <p class="quiet">{words.say("byHandText")}</p>
      <Field label={`${words.say("amount")} (${o.totals.total.currency})`} value={amount} inputmode="decimal" required />
    </Form>
  );
}
