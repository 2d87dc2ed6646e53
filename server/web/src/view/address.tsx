// The first step of the checkout: whom it goes to.

import { useEffect, useRef } from "preact/hooks";
import type { Checkout, Fault, Field } from "../checkout";
import type { Address } from "../shopwire";
import type { Store } from "../store";
import type { ShopKey } from "../words/shop";
import { Frame, wordsOf } from "./shop";

/** What went wrong with a purchase, in words. */
export function Trouble({ store, c }: { store: Store; c: Checkout }) {
  const e = c.problem.value;
  const shown = e && c.question.value === "" && !(e.code === "invalid" && Object.keys(c.faults.value).length > 0);
  return (
    <p class="trouble" role="alert">
      {shown && store.counter.sentence(e)}
    </p>
  );
}

export function ContactStep({ store, c }: { store: Store; c: Checkout }) {
  const form = useRef<HTMLFormElement>(null);
  const words = wordsOf(store);
  const { email, address } = c.contact.value;
  const focus = (f: Field | undefined) => f && form.current?.querySelector<HTMLElement>(`#shop-${f}`)?.focus();
  useEffect(() => void focus(Object.keys(c.faults.value)[0] as Field | undefined), []);
  const go = (e: Event) => {
    e.preventDefault();
    void c.review().then((f) => requestAnimationFrame(() => focus(f)));
  };
  const line = (name: Exclude<keyof Address, "country">, autocomplete: string, more: Partial<Input> = {}) => (
    <Line key={name} store={store} c={c} name={name} value={address[name]} autocomplete={autocomplete} set={(v) => c.edit({ address: { [name]: v } })} {...more} />
  );
  const needsRegion = c.shop.terms.value?.regions.includes(address.country) ?? false;
  return (
    <Frame
      store={store}
      title={words.say("stepContact")}
      foot={
        <>
          <Trouble store={store} c={c} />
          <button type="submit" form="shop-contact" class="ok wide">
            {words.say("goOn")}
          </button>
        </>
      }
    >
      <p class="hint">{words.say("stepOf", { n: "1", all: "2" })}</p>
      <form id="shop-contact" class="address" ref={form} noValidate onSubmit={go}>
        <Line store={store} c={c} name="email" value={email} autocomplete="email" type="email" inputmode="email" hint={words.say("emailHint")} set={(v) => c.edit({ email: v })} />
        {line("name", "name")}
        {line("street", "address-line1")}
        {line("extra", "address-line2")}
        <div class="two">
          {line("zip", "postal-code")}
          {line("city", "address-level2")}
        </div>
        <Country store={store} c={c} />
        {(needsRegion || address.region !== "") && line("region", "address-level1")}
        {line("phone", "tel", { type: "tel", inputmode: "tel" })}
      </form>
    </Frame>
  );
}

interface Input {
  readonly type: "text" | "email" | "tel";
  readonly inputmode: "text" | "email" | "tel";
  readonly hint: string;
}

interface LineProps extends Partial<Input> {
  readonly store: Store;
  readonly c: Checkout;
  readonly name: "email" | keyof Address;
  readonly value: string;
  readonly autocomplete: string;
  readonly set: (v: string) => void;
}

/** A field with its name, and beneath it what is wrong with it. */
function Line({ store, c, name, value, autocomplete, set, type = "text", inputmode = "text", hint }: LineProps) {
  const words = wordsOf(store);
  const fault = name === "extra" ? undefined : c.faults.value[name];
  const id = `shop-${name}`;
  return (
    <div class="line">
      <label for={id}>{words.say(name)}</label>
      <input
        id={id}
        type={type as "text"}
        inputmode={inputmode}
        autocomplete={autocomplete}
        value={value}
        maxLength={254}
        required={!["extra", "zip", "phone"].includes(name)}
        aria-invalid={fault !== undefined}
        aria-describedby={fault ? `${id}-fault` : hint ? `${id}-hint` : undefined}
        onInput={(e) => set(e.currentTarget.value)}
      />
      {fault ? <Wrong id={`${id}-fault`} text={sentenceOf(store, name, fault)} /> : hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** What is wrong with a field. */
export const Wrong = ({ id, text }: { id: string; text: string }) => (
  <small id={id} class="wrong">
    {text}
  </small>
);

function sentenceOf(store: Store, name: "email" | keyof Address, fault: Fault): string {
  const key: ShopKey = fault === "missing" ? "missing" : name === "email" ? "odd_email" : name === "country" ? "odd_country" : "odd";
  return wordsOf(store).say(key);
}

/** All that ISO 3166 names in two letters, for a shop that ships everywhere. */
const EVERYWHERE =
  "AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/** A country's name in the page's language. */
export function countryName(store: Store, code: string): string {
  try {
    return new Intl.DisplayNames(store.counter.language, { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function Country({ store, c }: { store: Store; c: Checkout }) {
  const words = wordsOf(store);
  const { country } = c.contact.value.address;
  const { countries = [] } = c.shop.terms.value ?? {};
  const all = (countries.includes("*") ? EVERYWHERE.split(" ") : countries).map((code) => [code, countryName(store, code)] as const);
  const sorted = [...all].sort(([, a], [, b]) => a.localeCompare(b, store.counter.language));
  const fault = c.faults.value.country;
  return (
    <div class="line">
      <label for="shop-country">{words.say("country")}</label>
      <select
        id="shop-country"
        autocomplete="country"
        value={country}
        required
        aria-invalid={fault !== undefined}
        aria-describedby={fault ? "shop-country-fault" : undefined}
        onChange={(e) => c.edit({ address: { country: e.currentTarget.value } })}
      >
        {!all.some(([code]) => code === country) && <option value={country}>{words.say("choose")}</option>}
        {sorted.map(([code, name]) => (
          <option key={code} value={code} selected={code === country}>
            {name}
          </option>
        ))}
      </select>
      {fault && <Wrong id="shop-country-fault" text={sentenceOf(store, "country", fault)} />}
    </div>
  );
}

