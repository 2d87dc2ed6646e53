// Entry of the page on which a buyer withdraws from an order by the link of the receipt, without signing in.

import { signal } from "@preact/signals";
import { render } from "preact";
import { choose, Texts } from "./text";
import { Withdrawal, type Step } from "./view/withdrawal";
import type { Order } from "./wireorder";
import { en, es, zh, type Key } from "./words/withdraw";

const language = choose(navigator.languages);
document.documentElement.lang = language;
const words = new Texts<Key>(language, { en, "zh-CN": zh, es });
document.title = words.say("title");

const step = signal<Step>({ at: "reading" });

/** The token goes in a header only: addresses are kept in histories and logs. */
async function ask(method: "GET" | "POST"): Promise<void> {
  const token = location.hash.slice(1);
  if (token === "") {
    step.value = { at: "problem", what: "noLink", text: words.say("noLinkText") };
    return;
  }
  try {
    const answer = await fetch("/api/shop/withdrawal", { method, headers: { Withdrawal: token }, cache: "no-store", credentials: "omit" });
    const body: unknown = await answer.json();
    step.value = answer.ok ? read(method, body as Order) : refused(answer.status, (body as { detail?: string }).detail ?? "");
  } catch {
    step.value = { at: "problem", what: "unreached", text: words.say("unreachedText"), again: () => begin(method) };
  }
}

function read(method: "GET" | "POST", order: Order): Step {
  const over = ["cancelled", "refunded", "returned", "expired"].includes(order.state);
  if (method === "POST") return { at: "done", order };
  return over ? { at: "over", order } : { at: "look", order };
}

function refused(status: number, detail: string): Step {
  if (status === 403 && /no longer/.test(detail)) return { at: "problem", what: "expired", text: words.say("expiredText") };
  if (status === 403) return { at: "problem", what: "damaged", text: words.say("noLinkText") };
  if (status === 409 && /is over/.test(detail)) return { at: "problem", what: "expired", text: words.say("expiredText") };
  return { at: "problem", what: "refused", text: detail, again: () => begin("GET") };
}

function begin(method: "GET" | "POST"): void {
  const now = step.value;
  step.value = method === "POST" && now.at === "ask" ? { at: "sending", order: now.order } : { at: "reading" };
  void ask(method);
}

addEventListener("hashchange", () => begin("GET"));
render(<Withdrawal words={words} step={step} confirm={() => begin("POST")} />, document.body);
begin("GET");
