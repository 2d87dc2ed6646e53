// The conversation: it follows what is said until somebody scrolls up, and then stands still for them.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { RoomEvent } from "../roomwire";
import { Down } from "./icons";
import { Line } from "./line";

/** Who is so near to the end still follows, in pixels. */
const NEAR = 48;

export function Lines({ chat }: { chat: Chat }) {
  const list = useRef<HTMLDivElement>(null);
  /** What is seen while somebody reads further up; undefined while they follow. */
  const frozen = useSignal<readonly RoomEvent[] | undefined>(undefined);
  /** What was seen last, and where the list was put when it followed last. */
  const shown = useRef<readonly RoomEvent[]>([]);
  const put = useRef(0);
  const { words } = chat;
  const talk = chat.talk.value!;
  // Browsers tell of scrolling with their next frame. A line that comes before must not take away what somebody has gone up to.
  const now = list.current;
  if (now && !frozen.peek() && now.scrollTop < put.current && !isNear(now)) frozen.value = shown.current;
  const lines = (shown.current = frozen.value ?? talk.lines);
  const last = lines.at(-1)?.n ?? 0;
  const fresh = frozen.value ? talk.lines.filter((l) => l.n > last).length : 0;

  const follow = () => {
    frozen.value = undefined;
    const l = list.current;
    if (!l) return;
    l.scrollTop = l.scrollHeight;
    put.current = l.scrollTop;
  };
  const scrolled = () => {
    const l = list.current;
    if (!l) return;
    if (!isNear(l)) frozen.value ??= chat.talk.value?.lines;
    else if (frozen.value && frozen.value.at(-1)?.n === chat.talk.value?.lines.at(-1)?.n) frozen.value = undefined;
    else if (frozen.value) frozen.value = chat.talk.value?.lines; // who scrolls down to the end sees what is new, and goes on
  };
  useLayoutEffect(() => {
    if (!frozen.value) follow();
  });
  useEffect(() => {
    const seen = new ResizeObserver(() => frozen.value || follow());
    seen.observe(list.current!);
    return () => seen.disconnect();
  }, [chat]);

  return (
    <div class="talk">
      <div class="lines" ref={list} role="log" aria-live="off" aria-label={words.say("chat")} tabIndex={0} onScroll={scrolled} onKeyDown={walk}>
        <ol>
        {lines.length === 0 && chat.sending.value.length === 0 && <li class="row empty">{words.say("empty")}</li>}
        {lines.filter(lasts).map((e) => (
          <Line key={e.n} e={e} chat={chat} gone={talk.gone.has(e.n)} />
        ))}
        {!frozen.value &&
          chat.sending.value.map((s) => (
            <li key={`sending ${s.key}`} class="row sending">
              <b>{talk.me.name}</b> <span class="text">{s.text}</span>
              <small>{words.say(s.awaits ? "awaits" : "sending")}</small>
            </li>
          ))}
        </ol>
      </div>
      {fresh > 0 && (
        <button type="button" class="fresh" onClick={follow}>
          <Down />
          {fresh === 1 ? words.say("newLine") : words.count("newLines", fresh)}
        </button>
      )}
    </div>
  );
}

function isNear({ scrollHeight, scrollTop, clientHeight }: Element): boolean {
  return scrollHeight - scrollTop - clientHeight < NEAR;
}

/** Of gifts in a row, only the newest is a line. */
function lasts({ by, gifted }: RoomEvent, i: number, all: readonly RoomEvent[]): boolean {
  const next = all[i + 1];
  return !gifted || next?.gifted?.gift !== gifted.gift || next.by?.alias !== by?.alias || next.gifted.combo <= gifted.combo;
}

/** Arrows go from line to line, from the newest up. */
function walk(e: KeyboardEvent): void {
  if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
  const rows = [...(e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".row[tabindex]")];
  const at = rows.findIndex((r) => r.contains(document.activeElement));
  const to = e.key === "ArrowUp" ? rows.at(at < 0 ? -1 : Math.max(0, at - 1)) : at < 0 ? undefined : rows[at + 1];
  if (!to) return;
  e.preventDefault();
  to.focus();
}
