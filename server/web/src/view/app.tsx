// The stage: one <main> whose data-state says what the player does. Phones held upright see brand, picture and title
// beneath each other; everything else sees the picture with the rest laid over it.

import { useEffect, useRef } from "preact/hooks";
import type { Store } from "../store";
import { Bar, Tap } from "./controls";
import { Header, Title } from "./header";
import { listen } from "./keys";
import { Advice, Panel } from "./panel";
import { Quality } from "./quality";
import { Room } from "./room";
import { Shows } from "./shows";
import { Notice, Slate, sentence } from "./slate";

export function App({ store }: { store: Store }) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    store.stand(place.current);
    return listen(store);
  }, [store]);
  const shop = store.front.value;
  const stage = store.door.stage.value;
  const { state, soundOnly } = store.snapshot.value;
  const calm = store.calm.value && state === "playing" && store.blocked.value === "";
  return (
    <main
      ref={place}
      data-state={state}
      data-calm={calm}
      data-sound-only={soundOnly}
      data-tall={!stage?.kind.value && store.ratio.value < 1 && store.inShow.value && !soundOnly}
      data-room={!store.inRoom.value ? "none" : store.sociable.value ? "open" : "closed"}
      data-shop={shop?.counter.page.value !== undefined}
      data-stage={stage?.kind.value ?? ""}
      style={{ "--ratio": stage?.ratio.value ?? store.ratio.value }}
      onPointerMove={(e) => e.pointerType === "mouse" && store.stir()}
      onFocusIn={() => store.stir()}
    >
      <Header store={store} />
      <Screen store={store} />
      <Title store={store} />
      {shop && <shop.Card store={store} />}
      <Room store={store} />
      {shop && <shop.Sheet store={store} />}
      {shop && <shop.Toasts store={store} />}
      {stage && <stage.Dialogs stage={stage} />}
      <p class="spoken" role="status" aria-live="polite">
        {sentence(store)}
      </p>
    </main>
  );
}

/** The picture and what lies on it. A tap on it shows the overlays and sends them away again. */
function Screen({ store }: { store: Store }) {
  const pointer = useRef("mouse");
  const stage = store.door.stage.value;
  const tapped = (e: MouseEvent) => {
    if (!onPicture(e)) return store.stir();
    if (store.panel.value === "quality") return store.closePanel();
    if (store.blocked.value !== "") store.unblock();
    else if (pointer.current !== "mouse" && !store.calm.value && store.inShow.value) return store.settle();
    store.stir();
  };
  const doubled = (e: MouseEvent) => {
    if (onPicture(e) && store.inShow.value && store.canFill) store.toggleFull();
  };
  return (
    <section
      class="screen"
      aria-label={store.words.say("controls")}
      onPointerDown={(e) => (pointer.current = e.pointerType)}
      onClick={tapped}
      onDblClick={doubled}
    >
      <div class="hall">
        <div class="scene">
          <Media store={store} />
          {stage && <stage.Scene stage={stage} />}
        </div>
      </div>
      <Slate store={store} />
      <Notice store={store} />
      <Tap store={store} />
      <Advice store={store} />
      <Panel store={store} />
      <Quality store={store} />
      <Shows store={store} />
      <Bar store={store} />
      {stage && <stage.Dock stage={stage} />}
    </section>
  );
}

/** The event is for the picture, not for a control above it. */
const onPicture = (e: Event): boolean => e.target instanceof Element && e.target.closest("button, input, aside, a") === null;

/** The video and its cover belong to the store's Picture; the view only gives them a place. */
function Media({ store }: { store: Store }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { video, still } = store.picture;
    video.setAttribute("aria-label", store.words.say("picture"));
    place.current?.append(video, still);
  }, [store]);
  return <div class="media" ref={place} style={store.door.stage.value?.host.value ?? {}} />;
}
