// What flies by: hearts of those who like, and gifts.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";

/** So many hearts fly at once, and so many start with one piece of news: more are a cloud. */
const SKY = 24;
const FLOCK = 5;

interface Flight {
  readonly key: number;
  readonly drift: string;
  readonly hue: number;
}

/** A heart for each like, one's own and, as many as can be told apart, those of others. */
export function Hearts({ chat }: { chat: Chat }) {
  const flights = useSignal<readonly Flight[]>([]);
  const key = useRef(0);
  const seen = useRef<number | undefined>(undefined);
  const likes = chat.talk.value?.now.likes ?? 0;
  useEffect(() => {
    const more = seen.current === undefined ? 0 : likes - seen.current;
    seen.current = likes;
    if (more <= 0 || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const born = Array.from({ length: Math.min(FLOCK, more) }, () => ({ key: key.current++, drift: `${Math.round(Math.random() * 56 - 44)}px`, hue: key.current % 4 }));
    flights.value = [...flights.value, ...born].slice(-SKY);
  }, [likes]);
  return (
    <div class="hearts" aria-hidden="true">
      {flights.value.map((f) => (
        <span key={f.key} class={`hue${f.hue}`} style={{ "--drift": f.drift }} onAnimationEnd={() => (flights.value = flights.value.filter((o) => o.key !== f.key))}>
          ♥
        </span>
      ))}
    </div>
  );
}

/** The gifts of the last moments; one that is given again and again grows. */
export function Gifts({ chat }: { chat: Chat }) {
  return (
    <div class="lane" aria-hidden="true">
      {chat.flying.value.map((f) => (
        <p key={f.key} class="flying">
          <span class="emoji">{f.emoji}</span>
          <span>
            <b>{f.name}</b>
            <small>{f.gift}</small>
          </span>
          <b key={f.count} class="combo">
            ×{f.count}
          </b>
        </p>
      ))}
    </div>
  );
}
