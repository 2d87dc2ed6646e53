// What the staff does for the whole room, on the spot: asks, announces, and sets who may write how often.

import { useSignal } from "@preact/signals";
import type { Chat } from "../chat";
import type { Modes } from "../roomwire";

/** A poll that is started here lasts so long, in s. */
const LASTS = 60;
/** Seconds between two messages of one person that are offered. */
const PAUSES = [1, 2, 5, 10, 30, 60, 120];

export function Staff({ chat }: { chat: Chat }) {
  const { words } = chat;
  const { announced, modes } = chat.talk.value!;
  const question = useSignal("");
  const options = useSignal("");
  const text = useSignal(announced);
  const listed = options.value.split(/[,，、]/).flatMap((o) => o.trim() || []);
  const ask = (e: Event) => {
    e.preventDefault();
    chat.order({ poll: { question: question.value.trim(), options: listed, seconds: LASTS } });
  };
  const announce = (e: Event) => {
    e.preventDefault();
    chat.order({ announce: { text: text.value.trim() } });
  };
  const set = (change: Partial<Modes>) => void chat.settle({ ...modes, ...change });
  return (
    <>
      <form class="tools" onSubmit={ask}>
        <Field name={words.say("pollAsk")} value={question.value} write={(v) => (question.value = v)} />
        <Field name={words.say("pollOptions")} value={options.value} write={(v) => (options.value = v)} />
        <button type="submit" class="ok" disabled={question.value.trim() === "" || listed.length < 2}>
          {words.say("pollStart")}
        </button>
      </form>
      <form class="tools" onSubmit={announce}>
        <Field name={words.say("announcement")} value={text.value} write={(v) => (text.value = v)} />
        <button type="submit" class="ok" disabled={text.value.trim() === announced}>
          {words.say(text.value.trim() === "" ? "takeDown" : "announce")}
        </button>
      </form>
      <div class="modes">
        <label>
          {words.say("modePause")}
          <select value={modes.pause} onChange={(e) => set({ pause: Number(e.currentTarget.value) })}>
            {[...new Set([...PAUSES, modes.pause])].map((n) => (
              <option key={n} value={n}>
                {words.say("seconds", { n: String(n) })}
              </option>
            ))}
          </select>
        </label>
        {(["paused", "emoji", "followers"] as const).map((mode) => (
          <label key={mode}>
            {words.say(`mode_${mode}`)}
            <input type="checkbox" checked={modes[mode]} onChange={(e) => set({ [mode]: e.currentTarget.checked })} />
          </label>
        ))}
      </div>
    </>
  );
}

function Field({ name, value, write }: { name: string; value: string; write: (v: string) => void }) {
  return <input type="text" value={value} placeholder={name} aria-label={name} maxLength={500} autocomplete="off" onInput={(e) => write(e.currentTarget.value)} />;
}
