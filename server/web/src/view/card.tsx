import { useSignal } from "@preact/signals";
import type { Store } from "../store";

/** The product that the host shows now, with the picture in which it is shown. */
export function Card({ store }: { store: Store }) {
  const broken = useSignal("");
  const shown = store.chat.value.talk.value?.showing;
  const card = shown && store.inShow.value ? store.shelf.card(shown) : undefined;
  if (!card) return null;
  const words = store.roomWords;
  return (
    <section class="card" aria-label={words.say("showing")}>
      {card.picture !== "" && broken.value !== card.picture && <img src={card.picture} alt="" onError={() => (broken.value = card.picture)} />}
      <span>
        <small>{words.say("showing")}</small>
        <b>{card.title}</b>
        <span class="price">
          {card.price} {card.usual !== "" && <s>{card.usual}</s>}
        </span>
      </span>
      {card.link !== "" && (
        <a href={card.link} target="_blank" rel="noopener noreferrer">
          {words.say("buy")}
        </a>
      )}
    </section>
  );
}
