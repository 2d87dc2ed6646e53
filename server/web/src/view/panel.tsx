import type { Store } from "../store";
import type { Key } from "../text";
import { Close } from "./icons";

/** The connection in numbers. */
export function Panel({ store }: { store: Store }) {
  if (!store.panel.value || !store.inShow.value) return null;
  const { words } = store;
  const q = store.quality.value;
  const none = words.say("unmeasured");
  const ms = (n: number | undefined) => (n === undefined ? none : `${Math.round(n)} ms`);
  const rows: [Key, string][] = [
    ["delay", ms(q?.delay)],
    ["roundTrip", ms(q?.roundTrip)],
    ["bitrate", q ? bits(q.bitrate) : none],
    ["resolution", q && q.width > 0 ? `${q.width} × ${q.height}` : none],
    ["fps", q && q.width > 0 ? q.fps.toFixed(0) : none],
    ["loss", q ? `${(q.loss * 100).toFixed(1)} %` : none],
    ["freezes", q ? String(q.freezes) : none],
  ];
  return (
    <aside class="panel" aria-label={words.say("stats")}>
      <button type="button" class="tool" title={words.say("statsEnd")} aria-label={words.say("statsEnd")} onClick={() => store.closePanel()}>
        <Close />
      </button>
      <dl>
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{words.say(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

const bits = (n: number) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} Mbit/s` : `${Math.round(n / 1e3)} kbit/s`);
