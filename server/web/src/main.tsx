import { effect } from "@preact/signals";
import { render } from "preact";
import { Store } from "./store";
import { choose } from "./text";
import { App } from "./view/app";

const named = () => decodeURIComponent(location.pathname.split("/").pop() ?? "");
const language = choose(navigator.languages);
document.documentElement.lang = language;

const store = new Store(named(), language);
effect(() => {
  const title = store.snapshot.value.show?.title;
  if (title !== undefined && "mediaSession" in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title });
  document.title = title === undefined ? store.words.say("brand") : `${title} · ${store.words.say("brand")}`;
});
// For who measures the page: which picture is on screen, and what waits for which.
Object.assign(globalThis, { vitrine: { time: store.time } });
render(<App store={store} />, document.body);
store.start();
addEventListener("popstate", () => store.go(named()));
