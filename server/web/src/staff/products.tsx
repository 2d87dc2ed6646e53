// The products: listed with their stock, made and changed.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { show } from "../money";
import { newKey } from "../request";
import { Refusal, Wishes, type Desk } from "./desk";
import { nothingYet, type Product, type Variant } from "./draft";
import { Editor } from "./editor";
import { Field, Form, useLoaded, Waiting } from "./form";
import { Thumb } from "./gallery";

/** Where a product is made; no product can be called so. */
const NEW = "+";

const all = (desk: Desk) => desk.ask<Product[]>("GET", "/api/shop/products");

export function Products({ desk }: { desk: Desk }) {
  const { words } = desk;
  const text = useSignal("");
  const loaded = useLoaded(desk, () => all(desk));
  const wanted = text.value.trim().toLowerCase();
  const list = (loaded.value.value ?? []).filter((p) => wanted === "" || [p.title, p.id, ...p.variants.flatMap((v) => [v.title ?? "", v.sku ?? "", v.id])].some((s) => s.toLowerCase().includes(wanted)));
  return (
    <>
      <div class="title">
        <h1>{words.say("products")}</h1>
        {desk.may("products.edit") && <a class="button main" href={`#/products/${NEW}`}>{words.say("productNew")}</a>}
      </div>
      <div class="search" role="search">
        <label class="field wide">
          <span>{words.say("searchProducts")}</span>
          <input type="search" value={text.value} autocomplete="off" spellcheck={false} onInput={(e) => (text.value = e.currentTarget.value)} />
        </label>
      </div>
      <Waiting desk={desk} of={loaded} />
      {loaded.value.value && (
        <p role="status" class="quiet count">{loaded.value.value.length === 0 ? words.say("noProducts") : words.say("found", { n: String(list.length) })}</p>
      )}
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
        <Thumb picture={p.pictures?.[0]} />
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

/** A product with the currency of its prices. */
interface Seen {
  readonly product: Product;
  readonly currency: string;
}

export function ProductPage({ desk, id }: { desk: Desk; id: string }) {
  const { words } = desk;
  const loaded = useLoaded<Seen>(desk, async () => {
    const find = () => desk.ask<Product>("GET", `/api/shop/products/${encodeURIComponent(id)}`);
    const make = async () => nothingYet(newKey(), await all(desk));
    const [{ currency }, product] = await Promise.all([desk.ask<{ currency: string }>("GET", "/api/shop/terms"), id === NEW ? make() : find()]);
    return { product, currency };
  }, [id]);
  const it = loaded.value.value;
  const seen = it && (id === NEW ? it.product.version === 0 : it.product.id === id) ? it : undefined; // what was here before is not what is asked for
  const changed = (product: Product) => {
    if (seen) loaded.value.value = { ...seen, product };
    if (id === NEW) desk.become(`products/${encodeURIComponent(product.id)}`);
  };
  return (
    <>
      <p><a href="#/products">{`← ${words.say("products")}`}</a></p>
      {seen ? <Whole key={seen.product.id} desk={desk} seen={seen} changed={changed} /> : <Waiting desk={desk} of={loaded} />}
    </>
  );
}

interface Props {
  readonly desk: Desk;
  readonly seen: Seen;
  readonly changed: (p: Product) => void;
}

function Whole({ desk, seen, changed }: Props) {
  const { words } = desk;
  const { product: p, currency } = seen;
  return (
    <>
      <div class="title">
        <h1>{p.version === 0 ? words.say("productNew") : p.title}</h1>
        {p.hidden && <span class="chip">{words.say("hidden")}</span>}
      </div>
      <div class="columns">
        <div class="stack">
          {desk.may("products.edit") ? <Editor desk={desk} product={p} currency={currency} changed={changed} /> : <Prices desk={desk} product={p} />}
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

interface StockProps {
  readonly desk: Desk;
  readonly product: Product;
  readonly variant: Variant;
  readonly changed: (p: Product) => void;
}

function Stock({ desk, product: p, variant: v, changed }: StockProps) {
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
