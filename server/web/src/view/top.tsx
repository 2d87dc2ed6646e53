// What stands above the conversation: an announcement, the pinned message, polls, and what waits for the staff.

import type { Chat } from "../chat";
import type { OpenPoll } from "../roomwire";
import { duration } from "../text";
import { Horn, Pin, Tick } from "./icons";
import { Name } from "./line";

export function Top({ chat }: { chat: Chat }) {
  const talk = chat.talk.value!;
  const { words } = chat;
  // Questions need the place; what still asks for a vote stands above them all the same.
  const result = talk.polls.length === 0 && chat.tab.value === "chat" ? talk.result : undefined;
  return (
    <div class="top">
      {talk.announced !== "" && (
        <p class="note announced" aria-label={words.say("announcement")}>
          <Horn />
          <span>{talk.announced}</span>
        </p>
      )}
      {talk.pinned?.said && (
        <p class="note pinned" aria-label={words.say("pinned")}>
          <Pin />
          <span>
            {talk.pinned.by && <Name by={talk.pinned.by} chat={chat} />}
            {talk.pinned.said.text}
          </span>
        </p>
      )}
      {talk.polls.map((p) => (
        <Poll key={p.n} chat={chat} poll={p} ended={false} />
      ))}
      {result && <Poll chat={chat} poll={result} ended />}
      {talk.moderates && talk.held.slice(0, 2).map((h) => <Held key={h.n} chat={chat} n={h.n} name={h.by?.name ?? ""} text={h.held?.text ?? ""} />)}
    </div>
  );
}

function Poll({ chat, poll, ended }: { chat: Chat; poll: OpenPoll; ended: boolean }) {
  const { words } = chat;
  const votes = poll.counts.reduce((sum, n) => sum + n, 0);
  const most = Math.max(1, ...poll.counts);
  const left = poll.until - chat.time.value;
  const closed = ended || (poll.until > 0 && left <= 0);
  return (
    <section class="poll" aria-label={words.say(ended ? "pollResult" : "poll")} data-ended={ended}>
      <p class="ask">{poll.question}</p>
      <ul>
        {poll.options.map((text, i) => {
          const n = poll.counts[i] ?? 0;
          const mine = poll.mine === i;
          return (
            <li key={i}>
              <button
                type="button"
                aria-pressed={mine}
                disabled={closed || poll.mine >= 0}
                data-won={ended && n === most}
                style={{ "--part": votes === 0 ? 0 : n / votes }}
                onClick={() => void chat.vote(poll.n, i)}
              >
                <span>
                  {text}
                  {mine && <Tick />}
                </span>
                <b>{votes === 0 ? "" : `${Math.round((n / votes) * 100)} %`}</b>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="sum">
        <span>{ended ? words.say("pollResult") : votes === 1 ? words.say("pollVote") : words.count("pollVotes", votes)}</span>
        {ended && <span>{votes === 1 ? words.say("pollVote") : words.count("pollVotes", votes)}</span>}
        {!ended && poll.until > 0 && <span class="timer">{words.say("pollEnds", { time: duration(left + 999) })}</span>}
        {!ended && chat.talk.value?.moderates && (
          <button type="button" class="end" onClick={() => chat.order({ endPoll: { n: poll.n } })}>
            {words.say("endPoll")}
          </button>
        )}
      </p>
    </section>
  );
}

/** A message that waits for one of the staff. */
function Held({ chat, n, name, text }: { chat: Chat; n: number; name: string; text: string }) {
  const { words } = chat;
  const judge = (verdict: "publish" | "refuse") => chat.order({ judge: { held: n, verdict } });
  return (
    <div class="note held">
      <span>
        <small>{words.say("held")}</small>
        {words.say("says", { name, text })}
      </span>
      <span class="judge">
        <button type="button" onClick={() => judge("publish")}>
          {words.say("publish")}
        </button>
        <button type="button" onClick={() => judge("refuse")}>
          {words.say("refuse")}
        </button>
      </span>
    </div>
  );
}
