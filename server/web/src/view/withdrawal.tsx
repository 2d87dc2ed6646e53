import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { show, type Money } from "../money";
import type { Texts } from "../text";
import { never, type Order } from "../wireorder";
import type { Key } from "../words/withdraw";

/** How far the buyer is. */
export type Step =
  | { readonly at: "reading" }
  | { readonly at: "look" | "ask" | "sending" | "done" | "over"; readonly order: Order }
  | { readonly at: "problem"; readonly what: "noLink" | "damaged" | "expired" | "unreached" | "refused"; readonly text: string; readonly again?: () => void };

interface Props {
  readonly words: Texts<Key>;
  readonly step: Signal<Step>;
  readonly confirm: () => void;
}

/** Withdrawing in two steps: what it is about, and whether it is meant. */
export function Withdrawal({ words, step, confirm }: Props) {
  const now = step.value;
  return (
    <main class={`narrow ${now.at}`}>
      {now.at === "reading" && <p role="status">{words.say("reading")}</p>}
      {now.at === "look" && <Look words={words} order={now.order} next={() => (step.value = { at: "ask", order: now.order })} />}
      {(now.at === "ask" || now.at === "sending") && (
        <Ask words={words} order={now.order} sending={now.at === "sending"} confirm={confirm} keep={() => (step.value = { at: "look", order: now.order })} />
      )}
      {now.at === "done" && (
        <Head what={words.say("done", { n: String(now.order.number) })} good>
          <p>{now.order.refunded.minor > 0 ? words.say("doneText", { sum: show(words.language, now.order.refunded) }) : words.say("doneFree")}</p>
        </Head>
      )}
      {now.at === "over" && (
        <Head what={words.say("over")}>
          <p>{words.say("overText", { state: words.say(`is_${now.order.state}` as Key) })}</p>
          <Lines words={words} order={now.order} />
        </Head>
      )}
      {now.at === "problem" && (
        <Head what={words.say(now.what)} bad>
          <p>{now.text}</p>
          {now.again && <button type="button" class="main" onClick={now.again}>{words.say("again")}</button>}
        </Head>
      )}
    </main>
  );
}

/** A heading that is read out and focused when it comes. */
function Head({ what, good, bad, children }: { what: string; good?: boolean; bad?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [what]);
  return (
    <section class="card" role={bad ? "alert" : undefined}>
      <h1 tabIndex={-1} ref={heading} class={good ? "good" : bad ? "bad" : undefined}>{what}</h1>
      {children}
    </section>
  );
}

function Look({ words, order, next }: { words: Texts<Key>; order: Order; next: () => void }) {
  const day = new Intl.DateTimeFormat(words.language, { dateStyle: "long" });
  const until = never(order.withdrawable) ? words.say("noEnd")
    : words.say("untilDay", { day: day.format(new Date(order.withdrawable).getTime() - 1000) }); // its end is a midnight, which belongs to the day before
  return (
    <Head what={words.say("title")}>
      <p class="quiet">{`${words.say("order", { n: String(order.number) })} · ${words.say("made", { day: day.format(new Date(order.made)) })}`}</p>
      <Lines words={words} order={order} />
      <p>{words.say("explain")}</p>
      <p><strong>{until}</strong></p>
      <button type="button" class="main" onClick={next}>{words.say("next")}</button>
    </Head>
  );
}

/** What comes back: what was paid, less what came back before. */
function due(order: Order): Money {
  return never(order.paid) ? { ...order.totals.total, minor: 0 } : { ...order.totals.total, minor: order.totals.total.minor - order.refunded.minor };
}

function Ask({ words, order, sending, confirm, keep }: { words: Texts<Key>; order: Order; sending: boolean; confirm: () => void; keep: () => void }) {
  const sum = due(order);
  return (
    <Head what={words.say("ask", { n: String(order.number) })}>
      <p>{sum.minor > 0 ? words.say("askText", { sum: show(words.language, sum) }) : words.say("askFree")}</p>
      <button type="button" class="main" disabled={sending} onClick={confirm}>{words.say(sending ? "sending" : "confirm")}</button>
      <button type="button" class="second" disabled={sending} onClick={keep}>{words.say("keep")}</button>
    </Head>
  );
}

function Lines({ words, order }: { words: Texts<Key>; order: Order }) {
  const say = (m: Money) => show(words.language, m);
  const row = (key: Key, value: string, kind = "") => (
    <tr class={kind}>
      <th scope="row">{words.say(key)}</th>
      <td>{value}</td>
    </tr>
  );
  return (
    <table class="sums">
      <tbody>
        {order.lines.map((l) => (
          <tr key={l.reservation}>
            <th scope="row">{`${l.quantity} × ${l.title}`}</th>
            <td>{say(l.price)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        {order.totals.discount.minor > 0 && row("discount", `−${say(order.totals.discount)}`)}
        {row("shipping", say(order.totals.shipping))}
        {!order.totals.taxIncluded && row("tax", say(order.totals.tax))}
        {row("sum", never(order.paid) ? words.say("free") : say(order.totals.total))}
        {order.refunded.minor > 0 && row("backAlready", say(order.refunded))}
        {due(order).minor > 0 && row("back", say(due(order)), "total")}
      </tfoot>
    </table>
  );
}
