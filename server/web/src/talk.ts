// How a room looks to one who is in it. Pure: a Talk never changes, and what happens makes a new one. Each event may come
// twice and changes nothing the second time.

import type { Frame, Gift, Joined, Member, Modes, Now, OpenPoll, OpenQuestion, RoomEvent, Showing, Silenced } from "./roomwire";

/** So many lines are kept: more nobody scrolls through on a page. */
export const KEPT = 200;
/** So many answered questions are kept. */
const ANSWERED = 20;

/** A poll that has ended. */
export interface Result extends OpenPoll {
  readonly endedAt: number;
}

/** A question that was answered, with a text or aloud. */
export interface AnsweredQuestion extends OpenQuestion {
  readonly answer: string;
}

export interface Talk {
  readonly me: Member;
  readonly moderates: boolean;
  /** What people did, by number. Of a removed line only its stamps are left. */
  readonly lines: readonly RoomEvent[];
  /** The lines that were removed. */
  readonly gone: ReadonlySet<number>;
  /** All up to this number is known, or was left out by the server. */
  readonly through: number;
  /** The state of the room up to this number came with joining: what is older is part of it. */
  readonly base: number;
  readonly pinned: RoomEvent | undefined;
  readonly announced: string;
  readonly showing: Showing;
  readonly modes: Modes;
  readonly polls: readonly OpenPoll[];
  readonly result: Result | undefined;
  readonly questions: readonly OpenQuestion[];
  readonly answered: readonly AnsweredQuestion[];
  readonly held: readonly RoomEvent[];
  /** Why one may not speak; undefined if one may. */
  readonly silenced: Silenced | undefined;
  readonly now: Required<Omit<Now, "polls" | "questions">>;
  /** The counts of polls, for those that have not appeared, too. */
  readonly tallies: ReadonlyMap<number, readonly number[]>;
  readonly coins: number;
  readonly gifts: readonly Gift[];
}

const quiet = { viewers: 0, likes: 0, cheers: 0, given: 0, typing: 0 };

/** The event belongs to a picture, and is to appear with it. */
export const timed = (e: RoomEvent): boolean => e.media > 0 && (e.showing ?? e.polled ?? e.pollEnded) !== undefined;

/** Takes what one hears first. What was known before stays where it is not told anew. */
export function enter(j: Joined, before?: Talk): Talk {
  const { state } = j;
  const after = before && (j.whole || before.through >= (j.events[0]?.n ?? 0)) ? before.lines : [];
  let t: Talk = {
    me: j.me, moderates: j.moderates, lines: after, gone: before?.gone ?? new Set(), through: j.through, base: j.through, pinned: state.pinned, announced: state.announced,
    showing: state.showing, modes: state.modes, polls: state.polls, result: before?.result, questions: state.questions,
    answered: before?.answered ?? [], held: state.held, silenced: state.silenced.find((s) => s.who.alias === j.me.alias),
    now: { ...quiet, ...before?.now }, tallies: new Map(), coins: j.coins, gifts: j.gifts,
  };
  for (const e of j.events) if (isLine(e) || e.removed || e.highlighted) t = apply(t, e);
  return hear(t, j.now);
}

/** Takes a frame but for its timed events, which are for apply once their picture is there. */
export function take(t: Talk, f: Frame): Talk {
  for (const e of f.events) if (!timed(e)) t = apply(t, e);
  t = f.now ? hear(t, f.now) : t;
  return { ...t, through: Math.max(t.through, f.through), coins: f.coins ?? t.coins };
}

/** Takes an event. */
export function apply(t: Talk, e: RoomEvent): Talk {
  if (isLine(e)) t = { ...t, lines: insert(t.lines, e) };
  if (e.removed) return remove(t, e.removed.line);
  if (e.highlighted) return { ...t, lines: t.lines.map((l) => (l.n === e.highlighted!.n && l.said ? { ...l, said: { ...l.said, highlight: true } } : l)) };
  if (e.held) return { ...t, held: insert(t.held, e) };
  if (e.judged) return { ...t, held: t.held.filter((h) => h.n !== e.judged!.held) };
  if (e.silenced?.who.alias === t.me.alias) return { ...t, silenced: e.silenced.lifted ? undefined : e.silenced };
  if (e.asked) return ask(t, e);
  if (e.answered) return answer(t, e);
  if (e.n <= t.base) return t; // the state that came with joining is newer
  if (e.pinned) return { ...t, pinned: e.pinned.line === 0 ? undefined : find(t, e.pinned.line) };
  if (e.announced) return { ...t, announced: e.announced.text };
  if (e.showing) return { ...t, showing: e.showing };
  if (e.modes) return { ...t, modes: e.modes };
  if (e.polled && !t.polls.some((p) => p.n === e.n)) {
    const poll = { ...e.polled, n: e.n, counts: t.tallies.get(e.n) ?? e.polled.options.map(() => 0), mine: -1 };
    return { ...t, polls: [...t.polls, poll] };
  }
  if (e.pollEnded) return end(t, e);
  return t;
}

/** Notes what one has done oneself, before the room tells. */
export const voted = (t: Talk, poll: number, mine: number): Talk => ({ ...t, polls: t.polls.map((p) => (p.n === poll ? { ...p, mine } : p)) });
export const seconded = (t: Talk, n: number, mine: boolean): Talk => ({ ...t, questions: t.questions.map((q) => (q.n === n ? { ...q, mine } : q)) });

/** A line that is known, by its number. */
export const find = (t: Talk, n: number): RoomEvent | undefined => t.lines.find((e) => e.n === n) ?? (t.pinned?.n === n ? t.pinned : undefined);

const isLine = (e: RoomEvent): boolean => (e.said ?? e.gifted ?? e.asked ?? (e.answered?.text ? e.answered : undefined)) !== undefined;

/** Puts an event where its number belongs, once. */
function insert(lines: readonly RoomEvent[], e: RoomEvent): readonly RoomEvent[] {
  let at = lines.length;
  while (at > 0 && lines[at - 1]!.n > e.n) at--;
  if (lines[at - 1]?.n === e.n) return lines;
  const all = [...lines.slice(0, at), e, ...lines.slice(at)];
  return all.length > KEPT ? all.slice(all.length - KEPT) : all;
}

function remove(t: Talk, line: number): Talk {
  const bare = ({ n, at, media, by, staff }: RoomEvent): RoomEvent => ({ n, at, media, staff, ...(by ? { by } : {}) });
  return {
    ...t,
    gone: new Set([...t.gone, line]),
    lines: t.lines.map((e) => (e.n === line ? bare(e) : e)),
    pinned: t.pinned?.n === line ? undefined : t.pinned,
    questions: t.questions.filter((q) => q.n !== line),
    held: t.held.filter((h) => h.held?.line !== line),
  };
}

function ask(t: Talk, { n, by, asked }: RoomEvent): Talk {
  const own = by?.alias === t.me.alias;
  if (asked!.like > 0) return own ? seconded(t, asked!.like, true) : t;
  const known = n <= t.base || t.questions.some((q) => q.n === n) || t.answered.some((q) => q.n === n);
  return known || !by ? t : { ...t, questions: [...t.questions, { n, by, text: asked!.text, votes: 1, mine: own }] };
}

function answer(t: Talk, { answered }: RoomEvent): Talk {
  const q = t.questions.find((q) => q.n === answered!.question);
  if (!q) return t;
  return { ...t, questions: t.questions.filter((o) => o !== q), answered: [{ ...q, answer: answered!.text }, ...t.answered].slice(0, ANSWERED) };
}

function end(t: Talk, e: RoomEvent): Talk {
  const poll = t.polls.find((p) => p.n === e.pollEnded!.poll);
  if (!poll) return t;
  return { ...t, polls: t.polls.filter((p) => p !== poll), result: { ...poll, counts: e.pollEnded!.counts, endedAt: e.at } };
}

/** Takes what changes all the time. */
function hear(t: Talk, { polls, questions, ...now }: Now): Talk {
  t = { ...t, now: { ...t.now, typing: 0, ...now } };
  if (polls.length > 0) {
    const tallies = new Map([...t.tallies, ...polls.map((p) => [p.poll, p.counts] as const)]);
    t = { ...t, tallies, polls: t.polls.map((p) => ({ ...p, counts: tallies.get(p.n) ?? p.counts })) };
  }
  if (questions.length > 0) {
    const votes = new Map(questions.map((q) => [q.n, q.votes]));
    t = { ...t, questions: t.questions.map((q) => ({ ...q, votes: votes.get(q.n) ?? q.votes })) };
  }
  return t;
}
