// What opens above the box: a name, emoji, gifts, and what can be done with a line.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { emoji } from "../emoji";
import { MAX_NAME } from "../roomwire";
import type { RoomKey } from "../words/room";
import { actions } from "./actions";
import { Close } from "./icons";
import { Staff } from "./staff";

/** A sheet takes the focus, gives it back, and closes with Escape. */
function Sheet({ chat, name, head, children }: { chat: Chat; name: RoomKey; head?: string; children: ComponentChildren }) {
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    const back = document.activeElement;
    sheet.current?.querySelector<HTMLElement>("input, button:not(.shut, :disabled)")?.focus();
    return () => back instanceof HTMLElement && back.isConnected && back.focus();
  }, []);
  const keyed = (e: KeyboardEvent) => {
    if (e.key !== "Escape") return;
    e.preventDefault();
    chat.toggle(chat.sheet.value);
  };
  const title = chat.words.say(name);
  return (
    <section class={`sheet ${name}`} ref={sheet} aria-label={title} onKeyDown={keyed}>
      <p class="head">
        <span>{head ?? title}</span>
        <button type="button" class="shut" aria-label={chat.words.say("close")} onClick={() => chat.toggle(chat.sheet.value)}>
          <Close />
        </button>
      </p>
      {children}
    </section>
  );
}

export function Sheets({ chat, insert }: { chat: Chat; insert: (text: string) => void }) {
  switch (chat.sheet.value) {
    case "name":
      return <NameSheet chat={chat} />;
    case "emoji":
      return (
        <Sheet chat={chat} name="emoji">
          <div class="grid">
            {emoji.map((one) => (
              <button key={one} type="button" onClick={() => insert(one)}>
                {one}
              </button>
            ))}
          </div>
        </Sheet>
      );
    case "gifts":
      return <GiftSheet chat={chat} />;
    case "line":
      return <LineSheet chat={chat} />;
    case "staff":
      return (
        <Sheet chat={chat} name="tools">
          <Staff chat={chat} />
        </Sheet>
      );
    case "report":
      return (
        <Sheet chat={chat} name="why">
          <div class="list">
            {(["spam", "insult", "fraud", "other"] as const).map((reason) => (
              <button key={reason} type="button" onClick={() => void chat.report(reason)}>
                {chat.words.say(`why_${reason}`)}
              </button>
            ))}
          </div>
        </Sheet>
      );
    default:
      return null;
  }
}

/** Asks for a name, once, when there is something to say. */
function NameSheet({ chat }: { chat: Chat }) {
  const name = useSignal("");
  const { words } = chat;
  const guest = chat.talk.value?.me.name ?? "";
  return (
    <Sheet chat={chat} name="nameAsk">
      <form
        class="naming"
        onSubmit={(e) => {
          e.preventDefault();
          void chat.call(name.value);
        }}
      >
        <input
          type="text"
          value={name.value}
          maxLength={MAX_NAME}
          autocomplete="nickname"
          enterkeyhint="done"
          aria-label={words.say("nameAsk")}
          onInput={(e) => (name.value = e.currentTarget.value)}
        />
        <button type="submit" class="ok" disabled={name.value.trim() === ""}>
          {words.say("nameOk")}
        </button>
      </form>
      <p class="hint">{words.say("nameHint")}</p>
      {guest !== "" && (
        <button type="button" class="stay" onClick={() => chat.stay()}>
          {words.say("stay", { name: guest })}
        </button>
      )}
    </Sheet>
  );
}

const coined = ({ words }: Chat, n: number): string => (n === 1 ? words.say("coin") : words.count("coins", n));

function GiftSheet({ chat }: { chat: Chat }) {
  const { words } = chat;
  const { gifts, coins, now } = chat.talk.value!;
  return (
    <Sheet chat={chat} name="gifts">
      <p class="wallet">
        <span>{words.say("wallet")}</span>
        <b>{coined(chat, coins)}</b>
      </p>
      <div class="presents">
        {gifts.map((g) => (
          <button key={g.id} type="button" disabled={g.coins > coins} onClick={() => void chat.give(g.id)}>
            <span class="emoji" aria-hidden="true">
              {g.emoji}
            </span>
            <span>{g.name}</span>{" "}
            <small>{coined(chat, g.coins)}</small>
          </button>
        ))}
      </div>
      {gifts.every((g) => g.coins > coins) && <p class="hint">{words.say(gifts.length === 0 ? "noGifts" : "noCoins")}</p>}
      <button type="button" class="cheer" aria-pressed={chat.cheered.value} disabled={chat.cheered.value} onClick={() => void chat.cheer()}>
        <span>{words.say(chat.cheered.value ? "cheered" : "cheer")}</span>
        <small>{now.cheers === 1 ? words.say("pollVote") : words.count("pollVotes", now.cheers)}</small>
      </button>
    </Sheet>
  );
}

/** What can be done with a line: by everybody, and by the staff. */
function LineSheet({ chat }: { chat: Chat }) {
  const line = chat.picked.value;
  if (!line?.by) return null;
  const { words } = chat;
  const text = line.said?.text ?? line.asked?.text ?? "";
  return (
    <Sheet chat={chat} name="chat" head={words.say("says", { name: line.by.name, text })}>
      <div class="list">
        {actions(line, chat).map(([key, act]) => (
          <button key={key} type="button" class={key} onClick={act}>
            {words.say(key)}
          </button>
        ))}
      </div>
    </Sheet>
  );
}
