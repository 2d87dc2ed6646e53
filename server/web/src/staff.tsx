// Entry of the staff's pages, and of the page to which links in e-mails lead that sign in.

import { render } from "preact";
import { Desk, type Person } from "./staff/desk";
import { Shell } from "./staff/shell";
import { en, es, zh, type Key } from "./staff/words";
import { choose, Texts } from "./text";

const language = choose(navigator.languages);
document.documentElement.lang = language;
const words = new Texts<Key>(language, { en, "zh-CN": zh, es });
document.title = location.pathname === "/account" ? "Vitrine" : words.say("brand");

const desk = new Desk(words);
addEventListener("hashchange", () => desk.follow());
addEventListener("beforeunload", (e) => {
  if (desk.unsaved.value) e.preventDefault();
});

async function begin(): Promise<void> {
  const [, token] = /^#link=(.+)$/.exec(location.hash) ?? [];
  if (token !== undefined) {
    history.replaceState(null, "", location.pathname); // it opens nothing twice, and belongs into no history
    desk.place.value = "";
    try {
      desk.enter(await desk.ask<Person>("POST", "/api/sign-in/link/use", { body: { token } }));
      return;
    } catch (e) {
      desk.wrong.value = desk.tell(e);
    }
  }
  try {
    await desk.look();
  } catch (e) {
    desk.wrong.value = desk.tell(e);
  }
}

render(<Shell desk={desk} begin={() => void begin()} />, document.body);
void begin();
