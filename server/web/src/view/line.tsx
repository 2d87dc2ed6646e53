// One line of the conversation.

import { Component } from "preact";
import type { Chat } from "../chat";
import { mark, tint } from "../marks";
import type { Member, RoomEvent } from "../roomwire";
import type { RoomKey } from "../words/room";
import { actions } from "./actions";
import { Dots } from "./icons";

/** Viewers' names have so many colours. */
const COLOURS = 8;
/** Who presses a line for so long wants its menu, in ms. */
const LONG = 480;

interface Props {
  readonly e: RoomEvent;
  readonly chat: Chat;
  readonly gone: boolean;
}

/** A line, which is drawn once and again only when it is removed: a busy room has many. */
export class Line extends Component<Props> {
  #pressed: ReturnType<typeof setTimeout> | undefined;

  override shouldComponentUpdate(next: Props): boolean {
    return next.e !== this.props.e || next.gone !== this.props.gone;
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#pressed);
  }

  render({ e, chat, gone }: Props) {
    const { words } = chat;
    if (gone || !(e.said ?? e.gifted ?? e.asked ?? e.answered)) return <li class="row gone">{words.say("removed")}</li>;
    const possible = actions(e, chat).length > 0;
    const menu = (event: Event) => {
      event.preventDefault();
      if (possible) chat.pick(e);
    };
    const cease = () => clearTimeout(this.#pressed);
    const press = (event: PointerEvent) => {
      cease();
      if (possible && event.pointerType !== "mouse") this.#pressed = setTimeout(() => chat.pick(e), LONG);
    };
    const keyed = (event: KeyboardEvent) => event.target === event.currentTarget && event.key === "Enter" && menu(event);
    return (
      <li
        class={`row ${kind(e)}`}
        data-n={e.n}
        data-mine={chat.concerns(e)}
        data-role={e.by?.role ?? ""}
        tabIndex={-1}
        onContextMenu={menu}
        onPointerDown={press}
        onPointerUp={cease}
        onPointerCancel={cease}
        onPointerLeave={cease}
        onKeyDown={keyed}
      >
        <Quote e={e} chat={chat} />
        {e.by && <Name by={e.by} chat={chat} />}
        <Said e={e} chat={chat} />
        {possible && (
          <button type="button" class="dots" tabIndex={-1} aria-label={words.say("actions", { name: e.by?.name ?? "" })} onClick={menu}>
            <Dots />
          </button>
        )}
      </li>
    );
  }
}

const kind = (e: RoomEvent): string => (e.said ? (e.said.highlight ? "lit" : "said") : e.asked ? "asked" : e.gifted ? "gifted" : "answered");

/** Who said it; the staff by colour and label. */
export function Name({ by, chat }: { by: Member; chat: Chat }) {
  const label = `role_${by.role}` as RoomKey;
  return (
    <>
      <b class={by.role === "" ? `tint${tint(by.alias, COLOURS)}` : `staff ${by.role}`}>{by.name}</b>
      {by.role !== "" && <i class={`role ${by.role}`}>{chat.words.say(label)}</i>}{" "}
    </>
  );
}

function Quote({ e, chat }: { e: RoomEvent; chat: Chat }) {
  const n = e.said?.reply || e.answered?.question || 0;
  if (n === 0) return null;
  const to = chat.quoted(n);
  const question = chat.talk.value?.answered.find((q) => q.n === n);
  const name = to?.by?.name ?? question?.by.name;
  const text = to?.said?.text ?? to?.asked?.text ?? question?.text;
  return <span class="quote">{name && text ? `${name}: ${text}` : chat.words.say("removed")}</span>;
}

function Said({ e, chat }: { e: RoomEvent; chat: Chat }) {
  const { words } = chat;
  if (e.asked) {
    return (
      <span class="text">
        <i class="tag">{words.say("asks")}</i> {e.asked.text}
      </span>
    );
  }
  if (e.answered) return <span class="text">{words.say("answers", { text: e.answered.text })}</span>;
  if (e.gifted) {
    const gift = chat.talk.value?.gifts.find((g) => g.id === e.gifted!.gift);
    return (
      <span class="text">
        {words.say("gave", { n: String(Math.max(e.gifted.combo, e.gifted.count)), gift: gift?.name ?? e.gifted.gift })} {gift?.emoji}
      </span>
    );
  }
  return <Text text={e.said?.text ?? ""} names={names(e, chat)} />;
}

/** Whom the message names, as they are called. */
function names(e: RoomEvent, chat: Chat): string[] {
  const mentions = e.said?.mentions ?? [];
  const talk = chat.talk.value;
  if (mentions.length === 0 || !talk) return [];
  const known = new Map([[talk.me.alias, talk.me.name], ...talk.lines.map((l) => [l.by?.alias ?? "", l.by?.name ?? ""] as const)]);
  return mentions.flatMap((m) => known.get(m) ?? []);
}

/** A message with its links and names. */
export function Text({ text, names }: { text: string; names: readonly string[] }) {
  return (
    <span class="text">
      {mark(text, names).map((part, i) => {
        if (part.kind === "name") return <mark key={i}>{part.text}</mark>;
        if (part.kind !== "link") return part.text;
        return (
          <a key={i} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {part.text}
          </a>
        );
      })}
    </span>
  );
}
