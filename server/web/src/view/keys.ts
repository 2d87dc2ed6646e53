import type { Store } from "../store";

/** Listens to the keyboard until the returned function is called. Keys with a modifier stay the browser's. */
export function listen(store: Store): () => void {
  const pressed = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    const on = e.target instanceof Element ? e.target : null;
    const act = action(e.key, store, on);
    if (!act) return;
    e.preventDefault();
    if (!e.repeat || e.key.startsWith("Arrow")) act();
    store.stir();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

/** What a key does; undefined where it belongs to the browser or to the control that has the focus. */
function action(key: string, store: Store, on: Element | null): (() => void) | undefined {
  if (key === "Escape" && store.panel.value !== "") return () => store.closePanel();
  if (key === "Escape" && store.front.value?.counter.page.value) return () => store.counter.close();
  if (!store.inShow.value || on?.closest(".room, .shows, .shop, .check")) return undefined;
  const inSlider = on?.matches("input") ?? false;
  switch (key.toLowerCase()) {
    case "m":
      return () => store.toggleMute();
    case "f":
      return store.canFill ? () => store.toggleFull() : undefined;
    case "p":
      return store.canFloat ? () => store.toggleFloat() : undefined;
    case "c":
      return store.inRoom.value ? () => store.toggleRoom() : undefined;
    case "i":
      return () => store.togglePanel("figures");
    case "q":
      return store.canChoose.value ? () => store.togglePanel("quality") : undefined;
    case "arrowup":
      return store.canSetVolume && !inSlider ? () => store.nudgeVolume(0.1) : undefined;
    case "arrowdown":
      return store.canSetVolume && !inSlider ? () => store.nudgeVolume(-0.1) : undefined;
    case " ":
    case "k":
      return store.blocked.value !== "" && !on?.matches("button, input") ? () => store.unblock() : undefined;
    default:
      return undefined;
  }
}
