import type { Chat } from "../chat";
import type { RoomEvent } from "../roomwire";
import type { RoomKey } from "../words/room";

/** What can be done with a line: by everybody, and by the staff. */
export function actions({ n, by, said, asked }: RoomEvent, chat: Chat): [RoomKey, () => void][] {
  const talk = chat.talk.value;
  if (!talk || !by) return [];
  const own = by.alias === talk.me.alias;
  const all: [RoomKey, () => void][] = [];
  if (said) all.push(["reply", () => chat.answer(n)]);
  if (said && !own) all.push(["report", () => (chat.sheet.value = "report")]);
  if (!talk.moderates) return all;
  if (talk.questions.some((q) => q.n === n)) all.push(["markAnswered", () => chat.order({ answer: { question: n } })]);
  if (said) all.push(talk.pinned?.n === n ? ["unpin", () => chat.order({ pin: { n: 0 } })] : ["pin", () => chat.order({ pin: { n } })]);
  if (said && !said.highlight) all.push(["highlight", () => chat.order({ highlight: { n } })]);
  if (said ?? asked) all.push(["remove", () => chat.order({ remove: { line: n } })]);
  if (!own) {
    all.push(["silence", () => chat.order({ silence: { who: by.alias, seconds: 600 } })]);
    all.push(["ban", () => chat.order({ silence: { who: by.alias, ban: true } })]);
  }
  return all;
}
