import { signal } from "@preact/signals";
import { render } from "preact";
import { choose, Words } from "./text";
import { nothing, readPage, verify, type Finding } from "./verify";
import { Proof, type Stage } from "./view/proof";

const show = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const language = choose(navigator.languages);
document.documentElement.lang = language;
const words = new Words(language);
document.title = `${words.say("proof")} · ${show}`;

const found = signal<Finding>(nothing);
const stage = signal<Stage>("reading");
/** Hashes by entry, to look a noted fingerprint up. */
const hashes: string[] = [];

async function run(): Promise<void> {
  if (globalThis.crypto?.subtle === undefined) {
    stage.value = "insecure";
    return;
  }
  try {
    for (let more = true; more && found.value.broken === 0; ) {
      const answer = await fetch(`/api/shop/ledger?show=${encodeURIComponent(show)}&after=${found.value.seq}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const page = readPage(await answer.json());
      found.value = await verify(found.value, page.entries);
      for (const e of page.entries) hashes[e.seq] = e.hash;
      more = page.more;
    }
    stage.value = "done";
  } catch {
    stage.value = "failed";
  }
}

function again(): void {
  stage.value = "reading";
  void run();
}

render(<Proof show={show} words={words} found={found} stage={stage} hashes={hashes} again={again} />, document.body);
void run();
