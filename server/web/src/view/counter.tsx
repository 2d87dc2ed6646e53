// What is there of the shop before it is opened: the bag, words about what happened, and the place where the sheets open.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Store } from "../store";
import type { Toast } from "../counter";
import { duration } from "../text";
import { Bag as BagIcon, Close } from "./icons";

/** Where the build puts the style of the sheets. */
declare const SHOP_STYLE: string;
/** The sheets are fetched when a product is shown and the page has been quiet for so long, in ms. */
const QUIET = 4000;

const sheets = signal<ComponentType<{ store: Store }> | undefined>(undefined);
let coming: Promise<void> | undefined;

/** Fetches the sheets and their style, once. */
function fetchSheets(): Promise<void> {
  return (coming ??= Promise.all([import("./shop"), style()])
    .then(([m]) => void (sheets.value = m.Shop))
    .catch((e) => {
      coming = undefined;
      throw e;
    }));
}

function style(): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = SHOP_STYLE;
    link.onload = () => resolve();
    link.onerror = () => reject(new Error("no style"));
    document.head.append(link);
  });
}

/** Opens what is sold and what of it one wants. */
export function Bag({ store }: { store: Store }) {
  const { counter } = store;
  const { words, cart, shop } = counter;
  const n = cart.count.value;
  const nowhere = store.snapshot.value.state === "failed" || shop.stock.value.products.length === 0;
  if (nowhere && cart.lines.value.length === 0 && shop.orders.value.length === 0) return null;
  const name = n > 0 ? words.count("bagCount", n) : words.say("bag");
  return (
    <button type="button" class="tool bag" title={name} aria-label={name} aria-expanded={counter.page.value !== undefined} onClick={() => counter.toggle()}>
      <BagIcon />
      {n > 0 && <b>{words.short(n)}</b>}
    </button>
  );
}

/** The place of the sheets. */
export function Sheet({ store }: { store: Store }) {
  const { counter } = store;
  const wanted = counter.page.value !== undefined;
  const shown = store.chat.value.talk.value?.showing;
  const likely = shown !== undefined && (shown.product !== "" || shown.offer !== "");
  useEffect(() => {
    if (sheets.value || (!wanted && !likely)) return;
    const timer = setTimeout(() => {
      fetchSheets().catch(() => {
        if (!wanted) return;
        counter.close();
        counter.tell(counter.words.say("loadFailed"));
      });
    }, wanted ? 0 : QUIET);
    return () => clearTimeout(timer);
  }, [wanted, likely]);
  const Shop = sheets.value;
  if (!wanted) return null;
  return Shop ? <Shop store={store} /> : <p class="shop-coming">{counter.words.say("loading")}</p>;
}

export function Toasts({ store }: { store: Store }) {
  const { counter } = store;
  return (
    <div class="toasts">
      {counter.toasts.value.map((t) => (
        <Word key={t.key} store={store} toast={t} />
      ))}
      <p class="spoken" role="status" aria-live="polite">
        {counter.spoken.value}
      </p>
    </div>
  );
}

function Word({ store, toast }: { store: Store; toast: Toast }) {
  const { counter } = store;
  const { words, cart, shop } = counter;
  const line = cart.lines.value.find((l) => l.key === toast.line);
  const acts = {
    pay: () => line && counter.open({ page: "checkout", keys: [line.key] }, true),
    again: () => line && void counter.again(line),
    orders: () => counter.open({ page: "orders" }, true),
    "": () => undefined,
  };
  const names = { pay: "pay", again: "takeAgain", orders: "seeOrders" } as const;
  return (
    <div class="toast">
      <span>
        {toast.text} {line?.state === "held" && line.until > 0 && <b class="timer">{duration(line.until - shop.time.value)}</b>}
      </span>
      {toast.act !== "" && (
        <button
          type="button"
          class="ok"
          onClick={() => {
            counter.hush(toast.key);
            acts[toast.act]();
          }}
        >
          {words.say(names[toast.act])}
        </button>
      )}
      <button type="button" class="shut" aria-label={words.say("close")} onClick={() => counter.hush(toast.key)}>
        <Close />
      </button>
    </div>
  );
}
