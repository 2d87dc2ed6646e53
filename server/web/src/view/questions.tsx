// Questions to the host: the most wanted first, each with how many ask it.

import type { Chat } from "../chat";
import type { OpenQuestion } from "../roomwire";
import { Tick } from "./icons";

export function Questions({ chat }: { chat: Chat }) {
  const { questions, answered, moderates } = chat.talk.value!;
  const { words } = chat;
  const ranked = [...questions].sort((a, b) => b.votes - a.votes || a.n - b.n);
  const place = ranked.findIndex((q) => q.mine) + 1;
  return (
    <div class="talk">
      <ol class="questions" tabIndex={0} aria-label={words.say("questions")}>
        {place > 0 && <li class="place">{words.say("place", { n: String(place) })}</li>}
        {ranked.length === 0 && <li class="row empty">{words.say("noQuestions")}</li>}
        {ranked.map((q) => (
          <li key={q.n} class="question">
            <span class="what">
              <b>{q.by.name}</b>
              {q.text}
              {moderates && (
                <button type="button" class="end" onClick={() => chat.order({ answer: { question: q.n } })}>
                  {words.say("markAnswered")}
                </button>
              )}
            </span>
            <Second chat={chat} q={q} />
          </li>
        ))}
        {answered.map((q) => (
          <li key={q.n} class="question done">
            <span class="what">
              <b>{q.by.name}</b>
              {q.text}
              <small>
                <Tick />
                {q.answer === "" ? words.say("answeredLive") : q.answer}
              </small>
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Second({ chat, q }: { chat: Chat; q: OpenQuestion }) {
  const { words } = chat;
  const name = words.say(q.mine ? "asked" : "askMe");
  return (
    <button
      type="button"
      class="second"
      aria-pressed={q.mine}
      disabled={q.mine}
      title={name}
      aria-label={`${name}. ${words.count("askMany", q.votes)}`}
      onClick={() => void chat.second(q.n)}
    >
      <span aria-hidden="true">▲</span>
      {words.short(q.votes)}
    </button>
  );
}
