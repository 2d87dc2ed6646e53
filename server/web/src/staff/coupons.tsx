// The coupons: listed, made and ended.

import { useSignal } from "@preact/signals";
import { parse, show, type Money } from "../money";
import { never } from "../wireorder";
import { Refusal, type Desk } from "./desk";
import { Check, Choice, Field, Form, useLoaded, Waiting, type Loaded } from "./form";

interface Coupon {
  readonly code: string;
  readonly percent?: number;
  readonly amount?: Money;
  readonly minimum?: Money;
  readonly from?: string;
  readonly until?: string;
  readonly uses?: number;
  readonly usesEach?: number;
  readonly alone?: boolean;
  readonly offers?: boolean;
}

interface Used {
  readonly coupon: Coupon;
  readonly used: number;
}

const put = (desk: Desk, c: Coupon) => desk.ask<Used>("PUT", `/api/shop/coupons/${encodeURIComponent(c.code)}`, { body: c });

export function Coupons({ desk }: { desk: Desk }) {
  const { words } = desk;
  const loaded = useLoaded(desk, () => desk.ask<Used[]>("GET", "/api/shop/coupons"));
  const currency = useLoaded(desk, async () => (await desk.ask<{ currency: string }>("GET", "/api/shop/terms")).currency);
  const list = [...(loaded.value.value ?? [])].sort((a, b) => a.coupon.code.localeCompare(b.coupon.code));
  return (
    <>
      <h1>{words.say("coupons")}</h1>
      <Waiting desk={desk} of={loaded} />
      <div class="columns">
        <div class="stack">
          {loaded.value.value && list.length === 0 && <p class="quiet">{words.say("noCoupons")}</p>}
          {list.length > 0 && <ul class="rows">{list.map((u) => <Row key={u.coupon.code} desk={desk} used={u} loaded={loaded} />)}</ul>}
        </div>
        <section class="card">
          <h2>{words.say("newCoupon")}</h2>
          {currency.value.value ? <Make desk={desk} currency={currency.value.value} loaded={loaded} /> : <Waiting desk={desk} of={currency} />}
        </section>
      </div>
    </>
  );
}

function Row({ desk, used: u, loaded }: { desk: Desk; used: Used; loaded: Loaded<Used[]> }) {
  const { words } = desk;
  const { coupon: c } = u;
  const day = new Intl.DateTimeFormat(words.language, { dateStyle: "medium", timeStyle: "short" });
  const percent = new Intl.NumberFormat(words.language, { style: "percent", maximumFractionDigits: 2 });
  const over = !never(c.until) && new Date(c.until ?? "") <= new Date();
  const early = !never(c.from) && new Date(c.from ?? "") > new Date();
  const span = [
    never(c.from) ? "" : words.say("fromDay", { day: day.format(new Date(c.from ?? "")) }), never(c.until) ? "" : words.say("untilDay", { day: day.format(new Date(c.until ?? "")) }),
    c.minimum ? words.say("minimumOf", { sum: show(words.language, c.minimum) }) : "",
  ].filter((s) => s !== "").join(" · ");
  const end = async () => {
    const { from, ...rest } = c;
    await put(desk, { ...rest, ...(early || from === undefined ? {} : { from }), until: new Date().toISOString() });
    await loaded.load();
  };
  return (
    <li class="row coupon">
      <b>{c.code}</b>
      <span class="sum">{c.amount ? `−${show(words.language, c.amount)}` : `−${percent.format((c.percent ?? 0) / 10_000)}`}</span>
      <span class="goods quiet">{`${words.say("used", { n: String(u.used) })}${c.uses ? ` / ${c.uses}` : ""}${span === "" ? "" : ` · ${span}`}`}</span>
      <span class="where">
        <span class={`chip ${over ? "" : early ? "authorised" : "captured"}`}>{words.say(over ? "isOver" : early ? "isEarly" : "isOn")}</span>
        {!over && <Form desk={desk} kind="plain" inline button={words.say("endCoupon")} send={end} />}
      </span>
    </li>
  );
}

function Make({ desk, currency, loaded }: { desk: Desk; currency: string; loaded: Loaded<Used[]> }) {
  const { words } = desk;
  const code = useSignal("");
  const kind = useSignal("percent");
  const value = useSignal("");
  const minimum = useSignal("");
  const from = useSignal("");
  const until = useSignal("");
  const uses = useSignal("");
  const each = useSignal("1");
  const alone = useSignal(false);
  const offers = useSignal(false);
  const amount = (text: string) => {
    const sum = parse(text, currency);
    if (sum === undefined) throw new Refusal("typed", words.say("noAmount"));
    return sum;
  };
  const whole = (text: string) => {
    const n = Number(text.trim() === "" ? 0 : text);
    if (!Number.isInteger(n) || n < 0) throw new Refusal("typed", words.say("noUnits"));
    return n;
  };
  const make = async () => {
    const name = code.value.trim().toUpperCase();
    if (loaded.value.value?.some((u) => u.coupon.code === name)) throw new Refusal("typed", words.say("couponThere", { code: name }));
    const percent = kind.value === "percent" ? parse(value.value, "EUR") : undefined; // with two digits after the point
    if (kind.value === "percent" && percent === undefined) throw new Refusal("typed", words.say("noPercent"));
    await put(desk, {
      code: name, alone: alone.value, offers: offers.value, uses: whole(uses.value), usesEach: whole(each.value),
      ...(percent ? { percent: percent.minor } : { amount: amount(value.value) }),
      ...(minimum.value.trim() === "" ? {} : { minimum: amount(minimum.value) }),
      ...(from.value === "" ? {} : { from: new Date(from.value).toISOString() }), ...(until.value === "" ? {} : { until: new Date(until.value).toISOString() }),
    });
    code.value = value.value = "";
    await loaded.load();
  };
  return (
    <Form desk={desk} button={words.say("makeCoupon")} done={words.say("saved")} send={make}>
      <Field label={words.say("couponCode")} value={code} required maxLength={32} hint={words.say("couponHint")} />
      <div class="two">
        <Choice label={words.say("takesOff")} value={kind} of={[["percent", words.say("percent")], ["amount", `${words.say("amount")} (${currency})`]]} />
        <Field label={words.say("howMuch")} value={value} inputmode="decimal" required />
      </div>
      <Field label={`${words.say("minimum")} (${currency})`} value={minimum} inputmode="decimal" />
      <div class="two">
        <Field label={words.say("begins")} value={from} type="datetime-local" />
        <Field label={words.say("ends")} value={until} type="datetime-local" />
      </div>
      <div class="two">
        <Field label={words.say("uses")} value={uses} inputmode="numeric" hint={words.say("usesHint")} />
        <Field label={words.say("usesEach")} value={each} inputmode="numeric" hint={words.say("usesHint")} />
      </div>
      <Check label={words.say("alone")} value={alone} />
      <Check label={words.say("withOffers")} value={offers} />
    </Form>
  );
}
