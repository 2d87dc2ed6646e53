import type { Store } from "../store";
import { duration } from "../text";
import { Eye, Mark } from "./icons";
import { Elsewhere } from "./shows";

/** The brand and, while the show is live, the badge and how many watch. */
export function Header({ store }: { store: Store }) {
  const { show, state } = store.snapshot.value;
  const { words } = store;
  const Bag = store.front.value?.Bag;
  const onAir = state === "playing" && show?.live === true;
  // Some take only the picture and some only the room: whichever are more, as the studio counts.
  const inRoom = store.chat.value.talk.value?.now.viewers ?? 0;
  return (
    <header>
      <span class="brand">
        <Mark />
        <span>{words.say("brand")}</span>
      </span>
      <span class="meta">
        {onAir && (
          <span class="viewers">
            <Eye />
            {words.viewers(Math.max(show.viewers, inRoom))}
          </span>
        )}
        {onAir && <span class="badge">{words.say("live")}</span>}
        <Elsewhere store={store} />
        {Bag && <Bag store={store} />}
      </span>
    </header>
  );
}

/** What is on: the show's name and how long it has been on air. */
export function Title({ store }: { store: Store }) {
  const { show, state } = store.snapshot.value;
  if (!show || !["playing", "reconnecting", "joining"].includes(state)) return <div class="title" />;
  const since = show.live && state === "playing" ? show.since : undefined;
  return (
    <div class="title">
      <h1>{show.title}</h1>
      {since !== undefined && <p>{store.words.say("onAir", { time: duration(store.clock.value - since) })}</p>}
    </div>
  );
}
