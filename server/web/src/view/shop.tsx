// The shop's sheet: beside the picture where that is wide, beneath it on phones held upright. It takes the focus, keeps it while it is
// open and gives it back; Escape goes back. The picture goes on.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Store } from "../store";
import { Texts } from "../text";
import { shopWords, type ShopKey } from "../words/shop";
import { CartPage } from "./cart";
import { CheckoutPage } from "./checkout";
import { Back, Close } from "./icons";
import { OrdersPage } from "./orders";
import { BundlePage, ProductPage } from "./product";
import { ListPage } from "./shelf";

let made: Texts<ShopKey> | undefined;

/** What the sheets say. */
export const wordsOf = (store: Store): Texts<ShopKey> => (made ??= new Texts(store.counter.language, shopWords));

export function Shop({ store }: { store: Store }) {
  const { counter } = store;
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    counter.shop.learn().catch(() => undefined); // the checkout asks again, and says so
    const back = document.activeElement;
    return () => {
      if (back instanceof HTMLElement && back.isConnected && back !== document.body) back.focus();
      else document.querySelector<HTMLElement>(".bag")?.focus();
    };
  }, []);
  const keyed = (e: KeyboardEvent) => {
    if (e.key === "Escape") {
      e.preventDefault();
      counter.back();
    } else if (e.key === "Tab") keep(e, sheet.current);
  };
  return (
    <section class="shop" role="dialog" aria-labelledby="shop-title" data-page={counter.page.value?.page} ref={sheet} onKeyDown={keyed}>
      <Page store={store} />
    </section>
  );
}

function Page({ store }: { store: Store }) {
  const page = store.counter.page.value;
  switch (page?.page) {
    case "list":
      return <ListPage store={store} />;
    case "product":
      return <ProductPage key={page.product} store={store} id={page.product} variant={page.variant} />;
    case "bundle":
      return <BundlePage key={page.offer} store={store} id={page.offer} />;
    case "cart":
      return <CartPage store={store} />;
    case "checkout":
      return <CheckoutPage key={page.keys.join()} store={store} keys={page.keys} />;
    case "orders":
      return <OrdersPage store={store} />;
    default:
      return null;
  }
}

/** What of a sheet can have the focus. */
const FOCUS = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), [tabindex='0']";

interface FrameProps {
  readonly store: Store;
  readonly title: string;
  readonly children: ComponentChildren;
  readonly foot?: ComponentChildren;
  readonly tools?: ComponentChildren;
}

/** The parts of a page: its head, what scrolls, and what stays beneath. A new title takes the focus to the head. */
export function Frame({ store, title, children, foot, tools }: FrameProps) {
  const head = useRef<HTMLHeadingElement>(null);
  const goes = useRef<HTMLDivElement>(null);
  const { counter } = store;
  const words = wordsOf(store);
  useLayoutEffect(() => {
    head.current?.focus({ preventScroll: true });
    goes.current?.scrollTo(0, 0);
  }, [title]);
  return (
    <>
      <div class="head">
        {counter.pages.value.length > 1 && (
          <button type="button" class="shut" aria-label={words.say("back")} title={words.say("back")} onClick={() => counter.back()}>
            <Back />
          </button>
        )}
        <h2 id="shop-title" tabIndex={-1} ref={head}>
          {title}
        </h2>
        {tools}
        <button type="button" class="shut" aria-label={counter.words.say("close")} title={counter.words.say("close")} onClick={() => counter.close()}>
          <Close />
        </button>
      </div>
      <div class="goes" ref={goes} tabIndex={0} role="group" aria-label={title}>
        {children}
      </div>
      {foot && <div class="stays">{foot}</div>}
    </>
  );
}

/** Keeps the focus in the sheet. */
function keep(e: KeyboardEvent, sheet: HTMLElement | null): void {
  const all = [...(sheet?.querySelectorAll<HTMLElement>(FOCUS) ?? [])].filter((x) => x.getClientRects().length > 0);
  const [first, last] = [all[0], all.at(-1)];
  const at = document.activeElement;
  if (e.shiftKey && (at === first || !all.includes(at as HTMLElement))) {
    e.preventDefault();
    last?.focus();
  } else if (!e.shiftKey && at === last) {
    e.preventDefault();
    first?.focus();
  }
}

/** What went wrong, in words. */
export function Problem({ store }: { store: Store }) {
  const { counter } = store;
  const e = counter.problem.value;
  return (
    <p class="trouble" role="alert">
      {e && counter.sentence(e)}
    </p>
  );
}
