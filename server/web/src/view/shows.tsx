import type { Store } from "../store";
import { Close, Tiles } from "./icons";

/** Opens the list of live shows; there is none where nothing else is on. */
export function Elsewhere({ store }: { store: Store }) {
  if (!store.elsewhere.value) return null;
  const name = store.roomWords.say("shows");
  const open = () => {
    store.togglePanel("shows");
    void store.look();
  };
  return (
    <button type="button" class="tool elsewhere" title={name} aria-label={name} aria-expanded={store.panel.value === "shows"} onClick={open}>
      <Tiles />
    </button>
  );
}

/** The live shows. They are links, so that they open elsewhere, too; a plain click goes there without leaving the page. */
export function Shows({ store }: { store: Store }) {
  if (store.panel.value !== "shows") return null;
  const { words, roomWords, show } = store;
  const follow = (e: MouseEvent, id: string) => {
    if (e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    if (id !== show.value) history.pushState(null, "", `/watch/${encodeURIComponent(id)}`);
    store.go(id);
  };
  return (
    <aside class="panel shows" aria-label={roomWords.say("shows")}>
      <p class="head">{roomWords.say("shows")}</p>
      <button type="button" class="tool" aria-label={roomWords.say("close")} onClick={() => store.closePanel()}>
        <Close />
      </button>
      <ul>
        {store.shows.value.map((s) => (
          <li key={s.id}>
            <a href={`/watch/${encodeURIComponent(s.id)}`} aria-current={s.id === show.value ? "page" : undefined} onClick={(e) => follow(e, s.id)}>
              <b>{s.title}</b>
              <small>{words.viewers(s.viewers)}</small>
            </a>
          </li>
        ))}
      </ul>
    </aside>
  );
}
