import { useSignal } from "@preact/signals";
import type { Card as Shown } from "../counter";
import { FEW } from "../deal";
import type { Store } from "../store";
import { duration } from "../text";

/** The product that the host shows now, with the picture in which it is shown. */
export function Card({ store }: { store: Store }) {
  const broken = useSignal("");
  const shown = store.chat.value.talk.value?.showing;
  const { counter } = store;
  const card = shown && store.inShow.value ? counter.card(shown) : undefined;
  if (!card) return null;
  const open = () => (card.product ? counter.open({ page: "product", product: card.product.id, variant: card.variant?.id ?? "" }, true) : counter.open({ page: "bundle", offer: card.offer!.id }, true));
  const { price, usual } = card.deal;
  return (
    <section class="card" aria-label={store.roomWords.say("showing")}>
      <button type="button" class="look" onClick={open}>
        {card.picture !== "" && broken.value !== card.picture && <img src={card.picture} alt="" width="54" height="54" onError={() => (broken.value = card.picture)} />}
        <span>
          <small>
            {store.roomWords.say("showing")} <Scarce store={store} card={card} />
          </small>
          <b>{card.title}</b>
          <span class="price">
            {counter.price(price)} {usual.minor > price.minor && <s>{counter.price(usual)}</s>}
          </span>
        </span>
      </button>
      <Act store={store} card={card} />
    </section>
  );
}

/** What is honestly scarce: the time, or the units. */
function Scarce({ store, card }: { store: Store; card: Shown }) {
  const { words, shop } = store.counter;
  const until = card.offer?.until ?? 0;
  const left = card.deal.left;
  return (
    <>
      {until > 0 && <span class="scarce">{words.say("endsIn", { time: duration(until - shop.time.value) })}</span>}{" "}
      {left > 0 && left <= FEW && card.link === "" && <span class="scarce">{words.say("left", { n: String(left) })}</span>}
    </>
  );
}

/** What can be done with a card: buy it here or elsewhere, or wait for it. */
export function Act({ store, card }: { store: Store; card: Shown }) {
  const { counter } = store;
  const { words } = counter;
  if (card.link !== "") {
    return (
      <a class="buy" href={card.link} target="_blank" rel="noopener noreferrer" aria-label={words.say("outsideHint", { title: card.title })}>
        {words.say("outside")}
      </a>
    );
  }
  const busy = counter.taking.value !== "";
  const gone = card.product ? card.product.variants.every((v) => v.left === 0) : card.deal.left === 0;
  const act = () => (gone && !card.choice ? void counter.take(counter.want(card), "wait") : counter.buy(card));
  const waits = counter.cart.lines.value.some((l) => l.state === "waiting" && l.variant === (card.variant?.id ?? ""));
  if (gone && waits) return <span class="gone">{words.say("soldOut")}</span>;
  return (
    <button type="button" class={gone ? "buy quiet" : "buy"} disabled={busy} onClick={act}>
      {gone && <small>{words.say("soldOut")}</small>}
      {words.say(gone ? "waitlist" : card.choice ? "choose" : "buy")}
    </button>
  );
}
