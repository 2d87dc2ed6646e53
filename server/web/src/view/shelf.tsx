// All that is sold, what is in the cart first of all offered to be seen.

import { deal, FEW, first, picture } from "../deal";
import type { Offer, Product } from "../shopwire";
import type { Store } from "../store";
import { duration } from "../text";
import { Bag } from "./icons";
import { Frame, wordsOf } from "./shop";

export function ListPage({ store }: { store: Store }) {
  const { counter } = store;
  const words = wordsOf(store);
  const { products, offers } = counter.shop.stock.value;
  const bundles = offers.filter((o) => o.kind === "bundle" && !o.ended && (o.until === 0 || o.until > counter.shop.time.value));
  const shown = store.chat.value.talk.value?.showing.product ?? "";
  const sorted = [...products].sort((a, b) => Number(b.id === shown) - Number(a.id === shown));
  return (
    <Frame store={store} title={words.say("goods")} tools={<Tools store={store} />}>
      {products.length === 0 && bundles.length === 0 && <p class="none">{words.say("empty")}</p>}
      <ul class="wares">
        {bundles.map((o) => (
          <Bundled key={o.id} store={store} offer={o} />
        ))}
        {sorted.map((p) => (
          <Ware key={p.id} store={store} product={p} now={p.id === shown} />
        ))}
      </ul>
    </Frame>
  );
}

/** The ways to the cart and, where there is place, to the orders. */
export function Tools({ store, short }: { store: Store; short?: boolean }) {
  const { counter } = store;
  const words = wordsOf(store);
  const n = counter.cart.lines.value.length;
  return (
    <>
      {!short && (
        <button type="button" class="text" onClick={() => counter.open({ page: "orders" })}>
          {words.say("orders")}
        </button>
      )}
      <button type="button" class="shut bagged" aria-label={counter.words.count("bagCount", counter.cart.count.value)} onClick={() => counter.open({ page: "cart" })}>
        <Bag />
        {n > 0 && <b>{n}</b>}
      </button>
    </>
  );
}

function Ware({ store, product, now }: { store: Store; product: Product; now: boolean }) {
  const { counter } = store;
  const words = wordsOf(store);
  const { stock, moment } = counter.shop;
  const v = first(stock.value, product, moment);
  if (!v) return null;
  const d = deal(stock.value, v, 1, moment);
  const several = new Set(product.variants.map((x) => deal(stock.value, x, 1, moment).price.minor)).size > 1;
  const left = product.variants.reduce((n, x) => n + x.left, 0);
  const price = counter.price(d.price);
  const src = picture(product, 160, v);
  const scarce = left === 0 ? words.say("soldOut") : left <= FEW ? words.say("left", { n: String(left) }) : "";
  const notes = [
    product.link === "" ? scarce : counter.words.say("outside"),
    d.offer && left > 0 ? words.say(d.offer.kind) : "",
    d.offer && d.offer.until > 0 ? words.say("endsIn", { time: duration(d.offer.until - moment.at) }) : "",
  ];
  return (
    <li>
      <button type="button" onClick={() => counter.open({ page: "product", product: product.id, variant: v.id })}>
        {src === "" ? <span class="blank" aria-hidden="true">{[...product.title][0]}</span> : <img src={src} alt="" width="72" height="72" loading="lazy" />}
        <span>
          {now && <small class="now">{store.roomWords.say("showing")}</small>}
          <b>{product.title}</b>
          <span class="price">
            {several ? words.say("from", { price }) : price} {d.usual.minor > d.price.minor && <s>{counter.price(d.usual)}</s>}
          </span>
          <small>{notes.filter((n) => n !== "").join(" · ")}</small>
        </span>
      </button>
    </li>
  );
}

function Bundled({ store, offer }: { store: Store; offer: Offer }) {
  const { counter } = store;
  const words = wordsOf(store);
  const c = counter.bundle(offer);
  return (
    <li>
      <button type="button" onClick={() => counter.open({ page: "bundle", offer: offer.id })}>
        {c.picture === "" ? <span class="blank" aria-hidden="true">{[...offer.title][0]}</span> : <img src={c.picture} alt="" width="72" height="72" loading="lazy" />}
        <span>
          <b>{offer.title}</b>
          <span class="price">
            {counter.price(c.deal.price)} {c.deal.usual.minor > c.deal.price.minor && <s>{counter.price(c.deal.usual)}</s>}
          </span>
          <small>
            {words.say("bundle")}
            {offer.left <= FEW ? ` · ${offer.left === 0 ? words.say("soldOut") : words.say("left", { n: String(offer.left) })}` : ""}
          </small>
        </span>
      </button>
    </li>
  );
}
