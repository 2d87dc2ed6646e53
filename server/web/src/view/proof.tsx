import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { Key, Words } from "../text";
import { tally, type Finding, type Shown } from "../verify";

export type Stage = "reading" | "done" | "failed" | "insecure";

interface Props {
  readonly show: string;
  readonly words: Words;
  readonly found: ReadonlySignal<Finding>;
  readonly stage: ReadonlySignal<Stage>;
  readonly hashes: readonly string[];
  readonly again: () => void;
}

/** The newest entries that are listed. */
const LISTED = 100;

/** The public page on which anybody verifies what was sold in a show. */
export function Proof({ show, words, found, stage, hashes, again }: Props) {
  const f = found.value;
  const state = stage.value === "done" && f.broken !== 0 ? "broken" : stage.value;
  const sum = tally(f.shown);
  const count = new Intl.NumberFormat(words.language);
  const head: Record<typeof state, Key> = {
    reading: "proofReading", done: "proofHolds", broken: "proofBroken", failed: "proofFailed", insecure: "proofInsecure",
  };
  return (
    <main class={`proof ${state}`}>
      <header>
        <h1>{words.say("proof")}</h1>
        <p>{show}</p>
      </header>
      <section aria-live="polite" class="verdict">
        <p class="what">{words.say(head[state], { n: count.format(f.broken) })}</p>
        <p>{words.say("proofRead", { n: count.format(f.seq) })}</p>
        {stage.value === "failed" && <button type="button" onClick={again}>{words.say("again")}</button>}
      </section>
      <dl class="sums">
        {([["sold", sum.sold], ["held", sum.held], ["refused", sum.refused]] as const).map(([key, n]) => (
          <div key={key}>
            <dt>{words.say(key)}</dt>
            <dd>{count.format(n)}</dd>
          </div>
        ))}
      </dl>
      <p class="explain">{words.say("proofExplain")}</p>
      {f.seq > 0 && <Fingerprint words={words} found={f} hashes={hashes} />}
      <List words={words} shown={f.shown} />
    </main>
  );
}

/** The ledger's fingerprint to note, and a field for one that was noted before. */
function Fingerprint({ words, found, hashes }: { words: Words; found: Finding; hashes: readonly string[] }) {
  const noted = useSignal("");
  const [, seq, hash] = /^\s*(\d+)\s*[:\s]\s*([0-9a-f]{64})\s*$/i.exec(noted.value) ?? [];
  const known = seq !== undefined ? hashes[Number(seq)] === hash?.toLowerCase() && Number(seq) <= found.seq : undefined;
  const answer: Key = noted.value.trim() === "" ? "notedHint" : known === undefined ? "notedOdd" : known ? "notedHolds" : "notedBroken";
  return (
    <section class="fingerprint">
      <h2>{words.say("fingerprint")}</h2>
      <code>{`${found.seq}:${found.hash}`}</code>
      <label>
        {words.say("noted")}
        <input type="text" autocomplete="off" spellcheck={false} value={noted.value} onInput={(e) => (noted.value = e.currentTarget.value)} />
      </label>
      <p class={known === false ? "bad" : known ? "good" : ""} role="status">{words.say(answer)}</p>
    </section>
  );
}

function List({ words, shown }: { words: Words; shown: readonly Shown[] }) {
  if (shown.length === 0) return null;
  const time = new Intl.DateTimeFormat(words.language, { dateStyle: "short", timeStyle: "medium" });
  return (
    <section>
      <h2>{words.say("entries", { n: String(Math.min(LISTED, shown.length)) })}</h2>
      <div class="list" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.say("number")}</th>
              <th scope="col">{words.say("when")}</th>
              <th scope="col">{words.say("happened")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(-LISTED).reverse().map((s) => (
              <tr key={s.seq}>
                <td>{s.seq}</td>
                <td>{time.format(s.at)}</td>
                <td>{tell(words, s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The states that have words of their own. */
const states: readonly string[] = ["held", "frozen", "sold", "sold_out", "waiting", "lapsed", "released", "returned"];

/** What an entry says, in words. */
function tell(words: Words, { kind, content }: Shown): string {
  const state = String(content["state"]);
  const said = states.includes(state) ? words.say(`is_${state}` as Key) : state;
  switch (kind) {
    case "reservation":
      return `${String(content["quantity"])} × ${String(content["variant"] ?? content["offer"])}: ${said}, ${money(words, content["price"])}`;
    case "move":
      return words.say("moved", { n: String(content["ref"]), state: said });
    case "offer": {
      const offer = (content["offer"] ?? {}) as Record<string, unknown>;
      return words.say(offer["ended"] === true ? "offerEnded" : "offerMade", { name: String(offer["title"]), price: money(words, offer["price"]) });
    }
    case "order":
      return words.say("ordered", { n: String(content["number"]), price: money(words, (content["totals"] as Record<string, unknown> | undefined)?.["total"]) });
    case "payment":
      return words.say("orderIs", { n: String(content["number"]), state: String(content["state"]).replace("_", " ") });
    case "shipment":
      return words.say(content["delivered"] === undefined ? "orderLeft" : "orderArrived", { n: String(content["number"]) });
    default:
      return kind;
  }
}

function money(words: Words, m: unknown): string {
  const { minor, currency } = (m ?? {}) as { minor?: number; currency?: string };
  if (typeof minor !== "number" || typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return "–";
  const format = new Intl.NumberFormat(words.language, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
