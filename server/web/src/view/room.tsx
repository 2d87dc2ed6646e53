// The room: what stands above the conversation, the conversation or the questions, and the box.

import { useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { MAX_LINE } from "../roomwire";
import type { Store } from "../store";
import { Gifts, Hearts } from "./flights";
import { Close, Eye, Heart, Present, Send, Smile, Tune } from "./icons";
import { Lines } from "./lines";
import { Questions } from "./questions";
import { Sheets } from "./sheets";
import { Top } from "./top";

export function Room({ store }: { store: Store }) {
  if (!store.inRoom.value) return null;
  const chat = store.chat.value;
  const { words } = chat;
  const stage = store.door.stage.value;
  return (
    <aside class="room" aria-label={words.say("room")} data-tab={chat.tab.value} data-open={store.sociable.value}>
      <Tabs chat={chat} close={() => store.toggleRoom()} />
      {stage && <stage.Strip stage={stage} />}
      <Top chat={chat} />
      {chat.tab.value === "chat" ? <Lines key={chat.show} chat={chat} /> : <Questions chat={chat} />}
      <Foot key={`foot ${chat.show}`} chat={chat} />
      <Hearts key={`hearts ${chat.show}`} chat={chat} />
      <Gifts chat={chat} />
      <p class="spoken" role="status" aria-live="polite">
        {chat.spoken.value}
      </p>
    </aside>
  );
}

function Tabs({ chat, close }: { chat: Chat; close: () => void }) {
  const { words, tab } = chat;
  const { questions, now, moderates } = chat.talk.value!;
  return (
    <div class="tabs">
      {(["chat", "questions"] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={tab.value === one}
          onClick={() => (tab.value = one)}
        >
          {words.say(one)}{" "}
          {one === "questions" && questions.length > 0 && <b>{words.short(questions.length)}</b>}
        </button>
      ))}
      {moderates && (
        <button type="button" class="shut tune" aria-label={words.say("tools")} title={words.say("tools")} aria-expanded={chat.sheet.value === "staff"} onClick={() => chat.toggle("staff")}>
          <Tune />
        </button>
      )}
      <span class="here" title={words.count("here", now.viewers)}>
        <Eye />
        <span class="n">{words.short(now.viewers)}</span>
        <span class="spoken">{words.count("here", now.viewers)}</span>
      </span>
      <button type="button" class="shut" aria-label={words.say("hideRoom")} title={words.say("hideRoom")} onClick={close}>
        <Close />
      </button>
    </div>
  );
}

/** The box and what belongs to it. */
function Foot({ chat }: { chat: Chat }) {
  const box = useRef<HTMLInputElement>(null);
  const { words, draft, tab, reply, wait } = chat;
  const insert = (text: string) => {
    const at = box.current?.selectionEnd ?? draft.value.length;
    const next = draft.value.slice(0, at) + text + draft.value.slice(at);
    if (next.length > MAX_LINE) return;
    chat.write(next);
    requestAnimationFrame(() => box.current?.setSelectionRange(at + text.length, at + text.length));
  };
  if (chat.expelled.value) return <p class="foot bar-note">{words.say("expelled")}</p>;
  const barred = chat.barred.value;
  const asks = tab.value === "questions";
  const name = words.say(asks ? "ask" : "say");
  return (
    <div class="foot">
      <Sheets chat={chat} insert={insert} />
      <Beside chat={chat} />
      {reply.value && !asks && (
        <p class="replying">
          <span>
            <b>{words.say("replyTo", { name: reply.value.by?.name ?? "" })}</b> {reply.value.said?.text}
          </span>
          <button type="button" class="shut" aria-label={words.say("cancel")} onClick={() => (reply.value = undefined)}>
            <Close />
          </button>
        </p>
      )}
      <form
        class="box"
        onSubmit={(e) => {
          e.preventDefault();
          chat.send();
        }}
      >
        <span class="field">
          <input
            ref={box}
            type="text"
            value={draft.value}
            maxLength={MAX_LINE}
            placeholder={barred ?? name}
            aria-label={name}
            disabled={barred !== undefined}
            enterkeyhint="send"
            autocomplete="off"
            onInput={(e) => chat.write(e.currentTarget.value)}
          />
          <button type="button" class="in" aria-label={words.say("emoji")} aria-expanded={chat.sheet.value === "emoji"} onClick={() => chat.toggle("emoji")}>
            <Smile />
          </button>
        </span>
        {draft.value.trim() !== "" || wait.value > 0 ? (
          <button
            type="submit"
            class="ok send"
            aria-disabled={wait.value > 0}
            aria-label={wait.value > 0 ? words.say("sendIn", { n: String(wait.value) }) : words.say("send")}
          >
            {wait.value > 0 ? words.say("seconds", { n: String(wait.value) }) : <Send />}
          </button>
        ) : (
          <button type="button" class="round gift" aria-label={words.say("gifts")} aria-expanded={chat.sheet.value === "gifts"} onClick={() => chat.toggle("gifts")}>
            <Present />
          </button>
        )}
        <Like chat={chat} />
      </form>
    </div>
  );
}

function Like({ chat }: { chat: Chat }) {
  const { words } = chat;
  const { likes } = chat.talk.value!.now;
  return (
    <button type="button" class="round like" aria-label={`${words.say("like")}. ${words.count("likes", likes)}`} onClick={() => chat.like()}>
      <Heart solid />
      {likes > 0 && <small>{words.short(likes)}</small>}
    </button>
  );
}

/** What is said beside the box: what was wrong, how long it takes, what the rules are. */
function Beside({ chat }: { chat: Chat }) {
  const { words, problem, wait, linked, talk } = chat;
  const p = problem.value;
  let text = "";
  if (!linked.value) text = words.say("away");
  else if (p && "sentence" in p) text = p.sentence;
  else if (p) text = "text" in p ? words.say("unsent", { why: p.text }) : words.say(p.key, { n: String(wait.value) });
  else if (talk.value?.modes.emoji) text = words.say("emojiOnly");
  else if (talk.value?.modes.followers) text = words.say("followersOnly");
  else if (talk.value && talk.value.now.typing > 0) text = words.count("faster", talk.value.now.typing);
  if (text === "") return null;
  return (
    <p class="beside" role={p ? "alert" : undefined}>
      {text}
    </p>
  );
}
