// One product, or one set, to be looked at and taken.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bundle, deal, FEW, find, picture, tierOf, type Deal } from "../deal";
import type { Offer, Product, Variant } from "../shopwire";
import type { Store } from "../store";
import { duration } from "../text";
import { Back, Next } from "./icons";
import { Frame, Problem, wordsOf } from "./shop";
import { Tools } from "./shelf";

/** So many units can be chosen at most. */
const MOST = 20;
/** So much of a title can be read in the head. */
const FITS = 22;
/** Purchases of so long ago are recent, in ms. */
const RECENT = 10 * 60_000;

export function ProductPage({ store, id, variant }: { store: Store; id: string; variant: string }) {
  const { counter } = store;
  const words = wordsOf(store);
  const { stock, moment } = counter.shop;
  const product = stock.value.products.find((p) => p.id === id);
  const chosen = useSignal(variant);
  const count = useSignal(1);
  if (!product) return <Frame store={store} title={words.say("goods")}><p class="none">{words.say("gone")}</p></Frame>;
  const v = product.variants.find((x) => x.id === chosen.value) ?? product.variants[0];
  if (!v) return null;
  const cap = Math.min(product.cap || MOST, v.left || 1, MOST);
  const n = Math.min(count.value, cap);
  const d = deal(stock.value, v, n, moment);
  const option = v.options.join(" · ") || (product.variants.length > 1 ? v.title : "");
  const want = { variant: v.id, offer: "", quantity: n, price: d.price, title: product.title, option, picture: picture(product, 160, v) };
  return (
    <Frame store={store} title={product.title} tools={<Tools store={store} short />} foot={product.link === "" ? <Take store={store} want={want} left={v.left} /> : <Outside store={store} product={product} />}>
      <Pictures key={product.id} store={store} product={product} variant={v} />
      {[...product.title].length > FITS && <p class="full">{product.title}</p>}
      <Price store={store} d={d} count={n} />
      <Left store={store} left={v.left} d={d} linked={product.link !== ""} />
      {product.variants.length > 1 && <Choices store={store} product={product} chosen={v} choose={(x) => (chosen.value = x.id)} />}
      {product.link === "" && v.left > 0 && <Count store={store} n={n} most={cap} cap={product.cap} set={(x) => (count.value = x)} />}
      <Recent store={store} variants={product.variants.map((x) => x.id)} />
      {product.text !== "" && <p class="prose">{product.text}</p>}
    </Frame>
  );
}

export function BundlePage({ store, id }: { store: Store; id: string }) {
  const { counter } = store;
  const words = wordsOf(store);
  const stock = counter.shop.stock.value;
  const offer = stock.offers.find((o) => o.id === id);
  if (!offer) return <Frame store={store} title={words.say("bundle")}><p class="none">{words.say("gone")}</p></Frame>;
  const d = bundle(stock, offer, 1);
  const c = counter.bundle(offer);
  return (
    <Frame store={store} title={offer.title} tools={<Tools store={store} short />} foot={<Take store={store} want={counter.want(c)} left={offer.left} />}>
      <Price store={store} d={d} count={1} />
      <Left store={store} left={offer.left} d={d} linked={false} />
      <h3>{words.say("contains")}</h3>
      <ul class="parts">
        {offer.parts.map((p) => {
          const found = find(stock, p.variant);
          const src = picture(found?.product, 160, found?.variant);
          return (
            <li key={p.variant}>
              {src !== "" && <img src={src} alt="" width="44" height="44" />}
              <span>
                {p.quantity} × {found?.product.title ?? p.variant}
                {found && found.variant.options.length > 0 && <small> {found.variant.options.join(" · ")}</small>}
              </span>
            </li>
          );
        })}
      </ul>
    </Frame>
  );
}

/** The pictures, one beside the other; arrows and swipes go from one to the next. */
function Pictures({ store, product, variant }: { store: Store; product: Product; variant: Variant }) {
  const words = wordsOf(store);
  const row = useRef<HTMLDivElement>(null);
  const at = useSignal(Math.max(0, variant.picture - 1));
  const all = product.pictures;
  const go = (to: number) => {
    const next = Math.max(0, Math.min(all.length - 1, to));
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    row.current?.scrollTo({ left: next * row.current.clientWidth, behavior: still ? "auto" : "smooth" });
    at.value = next;
  };
  useEffect(() => go(variant.picture - 1), [variant.picture]);
  const keyed = (e: KeyboardEvent) => {
    if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
    e.preventDefault();
    go(at.value + (e.key === "ArrowRight" ? 1 : -1));
  };
  const scrolled = () => {
    const r = row.current;
    if (r) at.value = Math.round(r.scrollLeft / Math.max(1, r.clientWidth));
  };
  if (all.length === 0) return null;
  return (
    <div class="pictures" onKeyDown={keyed}>
      <div class="strip" ref={row} onScroll={scrolled} tabIndex={0} role="group" aria-label={words.say("pictureOf", { n: String(at.value + 1), all: String(all.length) })}>
        {all.map((p) => (
          <img
            key={p.id}
            src={`/pictures/${encodeURIComponent(p.id)}/480.jpg`}
            srcset={`/pictures/${encodeURIComponent(p.id)}/480.jpg 480w, /pictures/${encodeURIComponent(p.id)}/1200.jpg 1200w`}
            sizes="(min-aspect-ratio: 1/1) 360px, 100vw"
            alt={p.alt || product.title}
            loading="lazy"
          />
        ))}
      </div>
      {all.length > 1 && (
        <>
          <button type="button" class="to back" aria-label={words.say("previous")} disabled={at.value === 0} onClick={() => go(at.value - 1)}>
            <Back />
          </button>
          <button type="button" class="to" aria-label={words.say("next")} disabled={at.value === all.length - 1} onClick={() => go(at.value + 1)}>
            <Next />
          </button>
          <span class="of" aria-hidden="true">
            {at.value + 1}/{all.length}
          </span>
        </>
      )}
    </div>
  );
}

/** The price, what makes it one, and what it was. */
function Price({ store, d, count }: { store: Store; d: Deal; count: number }) {
  const { counter } = store;
  const words = wordsOf(store);
  const o = d.offer;
  const struck = d.usual.minor > d.price.minor;
  const now = counter.shop.time.value;
  return (
    <div class="cost">
      <p class="price">
        <b>{counter.price(d.price)}</b> {struck && <s>{counter.price(d.usual)}</s>}
        {o && <span class="kind">{words.say(o.kind)}</span>}
      </p>
      {struck && o && o.lowest.currency !== "" && <p class="hint">{words.say("lowest", { price: counter.price({ ...o.lowest, minor: o.lowest.minor * count }) })}</p>}
      {o && o.until > 0 && <p class="ends">{words.say("endsIn", { time: duration(o.until - now) })}</p>}
      {o && o.reason !== "" && <p class="hint">{o.reason}</p>}
      {o && o.tiers.length > 0 && <Tiers store={store} offer={o} />}
    </div>
  );
}

/** The ladder of prices, and where it stands. */
function Tiers({ store, offer }: { store: Store; offer: Offer }) {
  const { counter } = store;
  const words = wordsOf(store);
  const reached = tierOf(offer);
  const steps = [...offer.tiers.map((t, i) => ({ name: words.count(i === 0 ? "tier" : "tierNext", t.units), price: t.price })), { name: words.say("tierRest"), price: offer.price }];
  return (
    <ol class="tiers">
      {steps.map((s, i) => (
        <li key={i} data-done={i < reached} aria-current={i === reached ? "step" : undefined}>
          <span>{s.name}</span>
          <b>{counter.price(s.price)}</b>
          {i === reached && <small>{words.say("tierNow")}</small>}
        </li>
      ))}
    </ol>
  );
}

function Left({ store, left, d, linked }: { store: Store; left: number; d: Deal; linked: boolean }) {
  const words = wordsOf(store);
  if (linked) return null;
  if (left === 0) return <p class="left out">{words.say("soldOut")}</p>;
  const n = d.offer && d.offer.units > 0 ? Math.min(left, d.left) : left;
  return n > 0 && n <= FEW ? <p class="left">{words.say("left", { n: String(n) })}</p> : null;
}

/** A row of chips for each option; a chip leads to the variant with it that has most of the other values, and says if that is sold out. */
function Choices({ store, product, chosen, choose }: { store: Store; product: Product; chosen: Variant; choose: (v: Variant) => void }) {
  const words = wordsOf(store);
  const named = product.options.length > 0 && product.variants.every((v) => v.options.length === product.options.length);
  const groups = named
    ? product.options.map((name, i) => ({ name, values: [...new Set(product.variants.map((v) => v.options[i]!))], of: (v: Variant) => v.options[i]! }))
    : [{ name: "", values: product.variants.map((v) => v.title || v.id), of: (v: Variant) => v.title || v.id }];
  return (
    <>
      {groups.map((g) => (
        <fieldset key={g.name} class="chips">
          <legend>{g.name || product.title}</legend>
          {g.values.map((value) => {
            const same = (v: Variant) => v.options.filter((x, i) => x === chosen.options[i]).length;
            const to = product.variants.filter((v) => g.of(v) === value).sort((a, b) => same(b) - same(a) || b.left - a.left)[0]!;
            const out = to.left === 0;
            return (
              <button key={value} type="button" aria-pressed={g.of(chosen) === value} data-out={out} onClick={() => choose(to)}>
                {value}
                {out && <span class="spoken"> ({words.say("soldOut")})</span>}
              </button>
            );
          })}
        </fieldset>
      ))}
    </>
  );
}

function Count({ store, n, most, cap, set }: { store: Store; n: number; most: number; cap: number; set: (n: number) => void }) {
  const words = wordsOf(store);
  return (
    <div class="count" role="group" aria-label={words.say("quantity")}>
      <span>{words.say("quantity")}</span>
      <button type="button" aria-label={words.say("less")} disabled={n <= 1} onClick={() => set(n - 1)}>
        −
      </button>
      <b aria-live="polite">{n}</b>
      <button type="button" aria-label={words.say("more")} disabled={n >= most} onClick={() => set(n + 1)}>
        +
      </button>
      {cap > 0 && <small>{words.say("cap", { n: String(cap) })}</small>}
    </div>
  );
}

/** Purchases that were really paid, not long ago. */
function Recent({ store, variants }: { store: Store; variants: readonly string[] }) {
  const { shop } = store.counter;
  const words = wordsOf(store);
  const all = shop.sold.value.filter((s) => variants.includes(s.variant) && shop.time.value - s.at < RECENT);
  if (all.length === 0) return null;
  const n = all.reduce((sum, s) => sum + s.quantity, 0);
  const minutes = Math.ceil((shop.time.value - Math.min(...all.map((s) => s.at))) / 60_000);
  return <p class="recent">{minutes <= 1 ? words.say("soldNote", { n: String(n) }) : words.say("soldMinutes", { n: String(n), m: String(minutes) })}</p>;
}

/** Buys, keeps or waits. */
function Take({ store, want, left }: { store: Store; want: Parameters<Store["counter"]["take"]>[0]; left: number }) {
  const { counter } = store;
  const words = wordsOf(store);
  const busy = counter.taking.value !== "";
  const waits = counter.cart.lines.value.find((l) => l.state === "waiting" && l.variant === want.variant && l.offer === want.offer);
  return (
    <>
      <Problem store={store} />
      {waits ? (
        <p class="waits" role="status">
          <b>{waits.place > 0 ? words.say("waiting", { n: String(waits.place) }) : words.say("waitingSoon")}</b>
          <small>{words.say("waitHint", { n: String(counter.shop.terms.value?.hold || 90) })}</small>
          <button type="button" class="text" onClick={() => void counter.cart.drop(waits.key)}>
            {words.say("leaveList")}
          </button>
        </p>
      ) : left === 0 ? (
        <button type="button" class="ok wide" disabled={busy} onClick={() => void counter.take({ ...want, quantity: 1 }, "wait")}>
          {words.say("waitlist")}
        </button>
      ) : (
        <div class="pair">
          <button type="button" class="second" disabled={busy} onClick={() => void counter.take(want, "keep")}>
            {words.say("add")}
          </button>
          <button type="button" class="ok" disabled={busy} onClick={() => void counter.take(want, "buy")}>
            {words.say("buy", { price: counter.price(want.price) })}
          </button>
        </div>
      )}
    </>
  );
}

function Outside({ store, product }: { store: Store; product: Product }) {
  const { words } = store.counter;
  return (
    <a class="ok wide" href={product.link} target="_blank" rel="noopener noreferrer" aria-label={words.say("outsideHint", { title: product.title })}>
      {words.say("outside")}
    </a>
  );
}
