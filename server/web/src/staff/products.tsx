// The products: listed with their stock, and changed.

import { signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { parse, show, typed, type Money } from "../money";
import { Refusal, Wishes, type Desk } from "./desk";
import { Check, Field, Form, useLoaded, Waiting } from "./form";

export interface Variant {
  readonly id: string;
  readonly title?: string;
  readonly sku?: string;
  readonly price: Money;
  readonly stock: number;
  readonly left: number;
  readonly waiting?: number;
  readonly version: number;
}

export interface Product {
  readonly id: string;
  readonly title: string;
  readonly hidden?: boolean;
  readonly pictures?: readonly { readonly id?: string; readonly alt?: string }[];
  readonly variants: readonly Variant[];
  readonly version: number;
}

const all = (desk: Desk) => desk.ask<Product[]>("GET", "/api/shop/products");

export function Products({ desk }: { desk: Desk }) {
  const { words } = desk;
  const text = useSignal("");
  const loaded = useLoaded(desk, () => all(desk));
  const wanted = text.value.trim().toLowerCase();
  const list = (loaded.value.value ?? []).filter((p) => wanted === "" || [p.title, p.id, ...p.variants.flatMap((v) => [v.title ?? "", v.sku ?? "", v.id])].some((s) => s.toLowerCase().includes(wanted)));
  return (
    <>
      <h1>{words.say("products")}</h1>
      <div class="search" role="search">
        <label class="field wide">
          <span>{words.say("searchProducts")}</span>
          <input type="search" value={text.value} autocomplete="off" spellcheck={false} onInput={(e) => (text.value = e.currentTarget.value)} />
        </label>
      </div>
      <Waiting desk={desk} of={loaded} />
      {loaded.value.value && <p role="status" class="quiet count">{words.say("found", { n: String(list.length) })}</p>}
      {list.length > 0 && <ul class="rows">{list.map((p) => <Row key={p.id} desk={desk} product={p} />)}</ul>}
    </>
  );
}

function Row({ desk, product: p }: { desk: Desk; product: Product }) {
  const { words } = desk;
  const left = p.variants.reduce((n, v) => n + v.left, 0);
  const prices = [...p.variants].sort((a, b) => a.price.minor - b.price.minor);
  const [low, high] = [prices[0], prices[prices.length - 1]];
  const price = low && high ? (low.price.minor === high.price.minor ? show(words.language, low.price) : `${show(words.language, low.price)} – ${show(words.language, high.price)}`) : "";
  return (
    <li>
      <a href={`#/products/${encodeURIComponent(p.id)}`} class="row product">
        <Picture product={p} />
        <span class="name">{p.title}</span>
        <span class="goods quiet">{p.variants.length > 1 ? words.say("variants", { n: String(p.variants.length) }) : (p.variants[0]?.sku ?? "")}</span>
        <span class="where">
          {p.hidden && <span class="chip">{words.say("hidden")}</span>}
          <span class={`chip ${left === 0 ? "failed" : left <= 3 ? "authorised" : "captured"}`}>{words.say("left", { n: String(left) })}</span>
        </span>
        <span class="sum">{price}</span>
      </a>
    </li>
  );
}

/** The product's first picture; an empty square where there is none. */
function Picture({ product }: { product: Product }) {
  const broken = useSignal(false);
  const id = product.pictures?.[0]?.id;
  if (!id || broken.value) return <span class="picture" aria-hidden="true" />;
  return <img class="picture" src={`/pictures/${id}/160.jpg`} alt="" loading="lazy" width="44" height="44" onError={() => (broken.value = true)} />;
}

/** What is typed about a product. */
interface Draft {
  readonly title: Signal<string>;
  readonly shown: Signal<boolean>;
  readonly prices: readonly Signal<string>[];
}

const draftOf = (p: Product): Draft => ({ title: signal(p.title), shown: signal(!p.hidden), prices: p.variants.map((v) => signal(typed(v.price))) });

export function ProductPage({ desk, id }: { desk: Desk; id: string }) {
  const { words } = desk;
  const loaded = useLoaded(desk, async () => {
    const found = (await all(desk)).find((p) => p.id === id);
    if (found === undefined) throw new Refusal("not_found", words.say("noProduct"));
    return found;
  }, [id]);
  const p = loaded.value.value;
  return (
    <>
      <p><a href="#/products">{`← ${words.say("products")}`}</a></p>
      {p ? <Whole key={p.id} desk={desk} product={p} changed={(next) => (loaded.value.value = next)} /> : <Waiting desk={desk} of={loaded} />}
    </>
  );
}

interface Props {
  readonly desk: Desk;
  readonly product: Product;
  readonly changed: (p: Product) => void;
}

function Whole({ desk, product: p, changed }: Props) {
  const { words } = desk;
  return (
    <>
      <div class="title">
        <h1>{p.title}</h1>
        {p.hidden && <span class="chip">{words.say("hidden")}</span>}
      </div>
      <div class="columns">
        <div class="stack">
          {desk.may("products.edit") ? <Edit desk={desk} product={p} changed={changed} /> : <Prices desk={desk} product={p} />}
        </div>
        <div class="stack">
          {p.variants.map((v) => <Stock key={v.id} desk={desk} product={p} variant={v} changed={changed} />)}
        </div>
      </div>
    </>
  );
}

function Prices({ desk, product: p }: { desk: Desk; product: Product }) {
  return (
    <section class="card">
      <table class="sums">
        <tbody>
          {p.variants.map((v) => <tr key={v.id}><th scope="row">{v.title || p.title}</th><td>{show(desk.words.language, v.price)}</td></tr>)}
        </tbody>
      </table>
    </section>
  );
}

function Edit({ desk, product: p, changed }: Props) {
  const { words } = desk;
  const draft = useMemo(() => draftOf(p), []);
  /** The product as somebody else has made it meanwhile. */
  const theirs = useSignal<Product | undefined>(undefined);
  useEffect(() => {
    theirs.value = undefined;
  }, [p.version]);
  const save = async (seen: Product) => {
    const mine = drafted(words.say("noAmount"), draft, seen);
    for (let tries = 0; ; tries++) {
      const now = (await all(desk)).find((other) => other.id === p.id);
      if (now === undefined) throw new Refusal("not_found", words.say("noProduct"));
      if (now.version !== seen.version) {
        theirs.value = now;
        return false;
      }
      // Stock moves with every sale: it goes as it is now.
      const body = { ...now, title: mine.title, hidden: mine.hidden, variants: now.variants.map((v) => ({ ...v, price: mine.prices.get(v.id) ?? v.price })) };
      try {
        changed(await desk.ask<Product>("PUT", `/api/shop/products/${encodeURIComponent(p.id)}`, { body, headers: { "If-Match": `"${now.version}"` } }));
        return true;
      } catch (e) {
        if (!(e instanceof Refusal) || e.code !== "precondition" || tries === 4) throw e;
      }
    }
  };
  const take = (other: Product) => {
    draft.title.value = other.title;
    draft.shown.value = !other.hidden;
    other.variants.forEach((v, i) => {
      const field = draft.prices[i];
      if (field) field.value = typed(v.price);
    });
    changed(other);
  };
  const other = theirs.value;
  return (
    <section class="card">
      <Form desk={desk} button={words.say("save")} done={words.say("saved")} send={() => save(p)}>
        <Field label={words.say("productTitle")} value={draft.title} required maxLength={120} />
        {p.variants.map((v, i) => {
          const price = draft.prices[i];
          return price && <Field key={v.id} label={`${words.say("price")}${v.title ? ` · ${v.title}` : ""} (${v.price.currency})`} value={price} inputmode="decimal" required />;
        })}
        <Check label={words.say("shown")} value={draft.shown} />
      </Form>
      {other && (
        <div class="conflict" role="group" aria-label={words.say("conflictTheirs")}>
          <p role="alert" class="bad">{words.say("conflict")}</p>
          <h2>{words.say("conflictTheirs")}</h2>
          <dl class="facts">
            <div><dt>{words.say("productTitle")}</dt><dd>{other.title}</dd></div>
            {other.variants.map((v) => <div key={v.id}><dt>{`${words.say("price")}${v.title ? ` · ${v.title}` : ""}`}</dt><dd>{show(words.language, v.price)}</dd></div>)}
            <div><dt>{words.say("shown")}</dt><dd>{words.say(other.hidden ? "no" : "yes")}</dd></div>
          </dl>
          <Form desk={desk} kind="plain" button={words.say("keepMine")} send={() => save(other)} />
          <div class="send"><button type="button" onClick={() => take(other)}>{words.say("takeTheirs")}</button></div>
        </div>
      )}
    </section>
  );
}

/** What was typed, read. */
function drafted(wrong: string, draft: Draft, p: Product): { title: string; hidden: boolean; prices: Map<string, Money> } {
  const prices = new Map<string, Money>();
  p.variants.forEach((v, i) => {
    const price = parse(draft.prices[i]?.value ?? typed(v.price), v.price.currency);
    if (price === undefined) throw new Refusal("typed", wrong);
    prices.set(v.id, price);
  });
  return { title: draft.title.value.trim(), hidden: !draft.shown.value, prices };
}

function Stock({ desk, product: p, variant: v, changed }: Props & { variant: Variant }) {
  const { words } = desk;
  const units = useSignal("");
  const reason = useSignal("");
  const wishes = useMemo(() => new Wishes(), []);
  const add = async () => {
    const n = Number(units.value.replace("−", "-").trim());
    if (!Number.isInteger(n) || n === 0) throw new Refusal("typed", words.say("noUnits"));
    const body = { units: n, reason: reason.value.trim() };
    const after = await desk.ask<Variant>("POST", `/api/shop/variants/${encodeURIComponent(v.id)}/stock`, { body, headers: { "Idempotency-Key": wishes.of(body) } });
    wishes.done();
    units.value = reason.value = "";
    changed({ ...p, variants: p.variants.map((old) => (old.id === v.id ? { ...old, stock: after.stock, left: after.left, version: after.version } : old)) });
  };
  return (
    <section class="card">
      <h2>{v.title ? `${words.say("stock")} · ${v.title}` : words.say("stock")}</h2>
      <dl class="facts">
        <div><dt>{words.say("inStock")}</dt><dd>{v.stock}</dd></div>
        <div><dt>{words.say("free")}</dt><dd>{v.left}</dd></div>
        {(v.waiting ?? 0) > 0 && <div><dt>{words.say("waiting")}</dt><dd>{v.waiting}</dd></div>}
        {v.sku && <div><dt>SKU</dt><dd class="breaks">{v.sku}</dd></div>}
      </dl>
      {desk.may("stock.edit") && (
        <Form desk={desk} kind="plain" button={words.say("addStock")} done={words.say("saved")} send={add}>
          <div class="two">
            <Field label={words.say("units")} value={units} hint={words.say("unitsHint")} required />
            <Field label={words.say("why")} value={reason} maxLength={200} />
          </div>
        </Form>
      )}
    </section>
  );
}
