import type { Store } from "../store";
import type { Key, Words } from "../text";
import { size, type Verdict } from "../verdict";
import { Close, Signal } from "./icons";

/** The connection in words and in numbers. */
export function Panel({ store }: { store: Store }) {
  if (store.panel.value !== "figures" || !store.inShow.value) return null;
  const { words, verdict } = store;
  return (
    <aside class="panel figures" aria-label={words.say("stats")}>
      <button type="button" class="tool" title={words.say("statsEnd")} aria-label={words.say("statsEnd")} onClick={() => store.closePanel()}>
        <Close />
      </button>
      {verdict.value && <p class="verdict">{tell(words, verdict.value)}</p>}
      <dl>
        {rows(store).map(([key, value]) => (
          <div key={key}>
            <dt>{words.say(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

/** The figures: the browser's own, and those of the server where it tells. */
function rows({ words, quality, link, snapshot, layer }: Store): [Key, string][] {
  const q = quality.value;
  const l = link.value;
  const layers = snapshot.value.layers;
  const none = words.say("unmeasured");
  const ms = (n: number | undefined) => (n === undefined ? none : `${Math.round(n)} ms`);
  const current = layers?.layers.find((one) => one.id === layers.current);
  const all: [Key, string][] = [
    ["delay", ms(q?.delay)],
    ["roundTrip", ms(l?.rtt ?? q?.roundTrip)],
    ["bitrate", q ? bits(q.bitrate) : none],
    ["resolution", q && q.width > 0 ? `${q.width} × ${q.height}` : none],
    ["fps", q && q.width > 0 ? q.fps.toFixed(0) : none],
    ["loss", l || q ? `${((l ?? q)!.loss * 100).toFixed(1)} %` : none],
    ["freezes", q ? String(q.freezes) : none],
  ];
  if (l) {
    all.splice(3, 0, ["bandwidth", bits(l.down)]);
    all.splice(7, 0, ["copies", l.redundancy > 1 ? words.say("timesCopied", { n: String(l.redundancy) }) : words.say("once")]);
  }
  if (layers && layers.layers.length > 1 && current) {
    const shown = size(current.height);
    all.push(["quality", layer.value === "" ? words.say("autoNow", { size: shown }) : shown]);
  }
  return all;
}

/** A word about the connection to those who did not ask, while the viewer would wonder. */
export function Advice({ store }: { store: Store }) {
  const v = store.advice.value;
  if (!v || store.panel.value !== "" || store.snapshot.value.state !== "playing") return null;
  return (
    <p class="advice">
      <Signal />
      {tell(store.words, v)}
    </p>
  );
}

/** A verdict as a sentence. */
export function tell(words: Words, v: Verdict): string {
  return words.say(v.key, v.share ? { ...v.values, share: words.say(v.share) } : v.values);
}

const bits = (n: number) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} Mbit/s` : `${Math.round(n / 1e3)} kbit/s`);
