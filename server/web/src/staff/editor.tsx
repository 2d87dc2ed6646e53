// The form of a product, for one that is there and for one that is to be.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { newKey } from "../request";
import { Refusal, type Desk } from "./desk";
import {
  between, called, differences, emptyLine, emptySheet, faultsOf, merged, MOST, productOf, same, sheetOf, tidy, type Difference, type Line, type Product, type Sheet,
} from "./draft";
import { Check, Choice, Field, Form, type Kept } from "./form";
import { Gallery, Thumb } from "./gallery";
import type { Key } from "./words";

interface Props {
  readonly desk: Desk;
  /** Of version 0 for one that is not there yet. */
  readonly product: Product;
  readonly currency: string;
  readonly changed: (p: Product) => void;
}

/** A part of the sheet as a field keeps it. */
function part<K extends keyof Sheet>(sheet: Signal<Sheet>, key: K): Kept<Sheet[K]> {
  return {
    get value() { return sheet.value[key]; },
    set value(v) { sheet.value = { ...sheet.value, [key]: v }; },
  };
}

const address = (p: Product): string => `/api/shop/products/${encodeURIComponent(p.id)}`;

export function Editor({ desk, product, currency, changed }: Props) {
  const { words } = desk;
  /** The product as it was when what is typed was begun, and as somebody else has made it meanwhile. */
  const seen = useSignal(product);
  const theirs = useSignal<Product | undefined>(undefined);
  const begun = useSignal(product.version > 0 ? sheetOf(product) : emptySheet(newKey()));
  const sheet = useSignal(begun.value);
  const tried = useSignal(0);
  const sending = useSignal(0);
  const settled = useSignal("");
  const form = useRef<HTMLElement>(null);
  const fresh = seen.value.version === 0;
  const known = (variant: string) => seen.value.variants.some((v) => v.id === variant);
  const faults = tried.value > 0 ? faultsOf(sheet.value, currency, known) : new Map<string, never>();
  const unsaved = !same(begun.value, sheet.value) || sending.value > 0;
  useEffect(() => {
    desk.unsaved.value = unsaved;
    return () => void (desk.unsaved.value = false);
  }, [unsaved]);
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [tried.value]);

  const take = (p: Product) => {
    seen.value = p;
    theirs.value = undefined;
    tried.value = 0;
    sheet.value = begun.value = sheetOf(p);
    changed(p);
  };
  const save = async () => {
    settled.value = "";
    if (faultsOf(sheet.value, currency, known).size > 0) {
      tried.value++;
      throw new Refusal("typed", words.say("marked"));
    }
    const body = productOf(sheet.value, seen.value, currency);
    try {
      const headers: Record<string, string> = fresh ? { "If-None-Match": "*" } : { "If-Match": `"${seen.value.version}"` };
      take(await desk.ask<Product>("PUT", address(product), { body, headers }));
      return true;
    } catch (e) {
      if (!(e instanceof Refusal) || e.code !== "precondition") throw e;
      const now = await desk.ask<Product>("GET", address(product));
      if (same(sheetOf(now), sheetOf(body as Product))) take(now); // it was saved, and the answer was lost
      else theirs.value = now;
      return theirs.value === undefined;
    }
  };
  const other = theirs.value;
  /** Takes over what only they have changed, and saves. */
  const keep = async (now: Product) => {
    sheet.value = merged(begun.value, tidy(sheet.value, currency), sheetOf(now));
    begun.value = sheetOf(now);
    seen.value = now;
    if (await save()) settle(words.say("saved"));
  };
  /** Goes back to the form from the question whose is kept. */
  const settle = (what: string) => {
    settled.value = what;
    form.current?.querySelector<HTMLElement>(".send .main")?.focus();
  };
  const field = (key: "title" | "text" | "link" | "cap" | "differ") => ({ value: part(sheet, key), fault: fault(key) });
  const fault = (name: string) => {
    const f = faults.get(name);
    return f && words.say(f === "noAmount" ? "noAmount" : (`fault_${f}` as Key));
  };
  return (
    <section class="card" ref={form}>
      <Form desk={desk} button={words.say(fresh ? "productMake" : "save")} done={words.say("saved")} own waits={sending.value > 0} send={save}>
        <Field label={words.say("productTitle")} {...field("title")} maxLength={MOST.title} required focus={fresh} />
        <Field label={words.say("productText")} {...field("text")} maxLength={MOST.text} lines={5} />
        <Gallery desk={desk} pictures={part(sheet, "pictures")} sending={sending} />
        <Variants desk={desk} sheet={sheet} currency={currency} known={known} fault={fault} />
        <Field label={words.say("productLink")} {...field("link")} type="url" maxLength={MOST.link} hint={words.say("productLinkHint")} />
        <div class="two">
          <Choice label={words.say("productTax")} value={part(sheet, "tax")} of={[["", words.say("taxStandard")], ["reduced", words.say("taxReduced")], ["zero", words.say("taxZero")]]} />
          <Field label={words.say("productCap")} {...field("cap")} inputmode="numeric" hint={words.say("usesHint")} />
        </div>
        <Check label={words.say("shown")} value={part(sheet, "shown")} />
      </Form>
      {settled.value !== "" && <p role="status" class="good">{settled.value}</p>}
      {other && (
        <Conflict desk={desk} mine={tidy(sheet.value, currency)} theirs={sheetOf(other)}>
          <Form desk={desk} kind="plain" button={words.say("keepMine")} waits={sending.value > 0} send={() => keep(other)} />
          <button type="button" onClick={() => { take(other); settle(""); }}>{words.say("takeTheirs")}</button>
        </Conflict>
      )}
    </section>
  );
}

interface VariantsProps {
  readonly desk: Desk;
  readonly sheet: Signal<Sheet>;
  readonly currency: string;
  readonly known: (variant: string) => boolean;
  readonly fault: (name: string) => string | undefined;
}

function Variants({ desk, sheet, currency, known, fault }: VariantsProps) {
  const { words } = desk;
  const lines = sheet.value.variants;
  const names = differences(sheet.value.differ);
  const several = lines.length > 1 || names.length > 0;
  const more = useRef<HTMLButtonElement>(null);
  /** The variant whose first field gets the focus once it is there. */
  const added = useSignal("");
  const put = (at: number, list: readonly Line[]) => (sheet.value = { ...sheet.value, variants: lines.flatMap((l, i) => (i === at ? list : [l])) });
  const add = () => {
    const like = lines[lines.length - 1];
    const one = { ...emptyLine(newKey()), price: like?.price ?? "", weight: like?.weight ?? "" };
    added.value = one.id;
    sheet.value = { ...sheet.value, variants: [...lines, one] };
  };
  return (
    <fieldset class="group">
      <legend>{words.say("variantsTitle")}</legend>
      {several && <Field label={words.say("differ")} value={part(sheet, "differ")} fault={fault("differ")} hint={words.say("differHint", { n: String(MOST.options) })} />}
      {lines.map((l, i) => {
        const kept = (key: "price" | "sku" | "weight" | "stock") => ({
          value: { get value() { return l[key]; }, set value(text: string) { put(i, [{ ...l, [key]: text }]); } }, fault: fault(`${key} ${i}`),
        });
        const value = (n: number) => ({
          get value() { return l.values[n] ?? ""; },
          set value(text: string) { put(i, [{ ...l, values: Array.from({ length: Math.max(l.values.length, n + 1) }, (_, k) => (k === n ? text : (l.values[k] ?? ""))) }]); },
        });
        const title = called(l) || words.say("variantNo", { n: String(i + 1) });
        return (
          <fieldset key={l.id} class={several ? "variant" : "variant only"}>
            {several && <legend>{title}</legend>}
            {several && (names.length > 0 ? names : [words.say("variantName")]).map((name, n) => (
              <Field key={n} label={name} value={value(n)} fault={fault(`value${n} ${i}`)} maxLength={MOST.title} required focus={n === 0 && added.value === l.id} />
            ))}
            <Field label={`${words.say("price")} (${currency})`} {...kept("price")} inputmode="decimal" required />
            {!known(l.id) && <Field label={words.say("stock")} {...kept("stock")} inputmode="numeric" />}
            <Field label="SKU" {...kept("sku")} maxLength={MOST.title} />
            <Field label={words.say("weight")} {...kept("weight")} inputmode="numeric" />
            {lines.length > 1 && (
              <button type="button" onClick={() => { put(i, []); more.current?.focus(); }}>{words.say("variantOut", { title })}</button>
            )}
          </fieldset>
        );
      })}
      <div class="send">
        <button type="button" ref={more} disabled={lines.length >= MOST.variants} onClick={add}>{words.say("variantAdd")}</button>
      </div>
    </fieldset>
  );
}

/** What somebody else made of it meanwhile, beside what is typed here. */
function Conflict({ desk, mine, theirs, children }: { desk: Desk; mine: Sheet; theirs: Sheet; children: preact.ComponentChildren }) {
  const { words } = desk;
  const names: Readonly<Record<Difference["name"], string>> = {
    title: words.say("productTitle"), text: words.say("productText"), link: words.say("productLink"), tax: words.say("productTax"), cap: words.say("productCap"),
    shown: words.say("shown"), differ: words.say("differ"), pictures: words.say("pictures"), variant: words.say("variant"), price: words.say("price"), sku: "SKU",
    weight: words.say("weight"),
  };
  const says = (d: Difference, text: string, of: Sheet) => {
    if (d.name === "pictures") return of.pictures.length === 0 ? "–" : of.pictures.map((p) => <span key={p.id ?? p.source} class="pictured"><Thumb picture={p} />{p.alt}</span>);
    if (d.name === "shown") return words.say(text === "true" ? "yes" : "no");
    if (d.name === "tax") return words.say(text === "reduced" ? "taxReduced" : text === "zero" ? "taxZero" : "taxStandard");
    return text || "–";
  };
  return (
    <div class="conflict" role="group" aria-label={words.say("conflictTheirs")}>
      <p role="alert" class="bad">{words.say("conflict")}</p>
      <table class="sides">
        <caption>{words.say("conflictTheirs")}</caption>
        <thead><tr><td /><th scope="col">{words.say("conflictMine")}</th><th scope="col">{words.say("conflictOther")}</th></tr></thead>
        <tbody>
          {between(mine, theirs).map((d) => (
            <tr key={`${d.name} ${d.of} ${d.theirs}`}>
              <th scope="row">{d.of ? `${names[d.name]} · ${d.of}` : names[d.name]}</th>
              <td>{says(d, d.mine, mine)}</td>
              <td>{says(d, d.theirs, theirs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{words.say("conflictText")}</p>
      <div class="send">{children}</div>
    </div>
  );
}
