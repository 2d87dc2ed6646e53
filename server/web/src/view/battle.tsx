// A battle: the bar of its points, its clock, the countdown and the result.

import { useEffect, useRef, useState } from "preact/hooks";
import { counts, ending, left, sides } from "../battle";
import type { Stage } from "../stage";
import type { Battle, BattleCorner } from "../stagewire";
import { duration } from "../text";

/** How long points take to count up, in ms. */
const COUNT = 500;
/** The result lies over the stage for so long, in ms; then it stands above it. */
const SHOWN = 7000;

export function Contest({ stage, battle }: { stage: Stage; battle: Battle }) {
  const now = stage.store.chat.value.time.value;
  const all = sides(battle);
  const on = counts(battle);
  return (
    <div class="contest" data-phase={battle.phase}>
      {on && all.length === 2 && (
        <div class="score" role="group" aria-label={stage.words.say("score")}>
          {all.map((s) => (
            <span key={s.team} class="side" data-ours={s.ours} data-leads={s.leads} style={{ "--part": s.part }}>
              <span class="spoken">{s.name}: </span>
              <Counted n={s.score} />
            </span>
          ))}
        </div>
      )}
      <Clock stage={stage} battle={battle} now={now} />
      {battle.phase === "countdown" && battle.until > 0 && left(battle, now) > 0 && (
        <p class="three" key={left(battle, now)} aria-hidden="true">
          {left(battle, now)}
        </p>
      )}
      {battle.phase === "lap" && <Result stage={stage} battle={battle} now={now} />}
    </div>
  );
}

/** What goes on and how long it takes; the server's clock counts. */
function Clock({ stage, battle, now }: { stage: Stage; battle: Battle; now: number }) {
  const { words } = stage;
  const rounds = battle.terms && battle.terms.rounds > 1 && counts(battle) ? words.say("round", { n: String(battle.round), of: String(battle.terms.rounds) }) : "";
  const key = battle.apart > 0 ? "phase_apart" : (`phase_${battle.phase}` as const);
  const end = battle.phase === "lap" ? ending(battle) : undefined;
  return (
    <p class="clock" data-phase={battle.phase}>
      <b>{end && now - battle.since > SHOWN ? words.say(`ends_${end.key}`, { name: end.name }) : words.say(key)}</b>
      {battle.until > 0 && battle.phase !== "countdown" && <span class="time">{duration(left(battle, now) * 1000)}</span>}
      {rounds !== "" && <small>{rounds}</small>}
    </p>
  );
}

/** The points of one among many. */
export function Points({ stage, battle, corner }: { stage: Stage; battle: Battle; corner: BattleCorner }) {
  const side = sides(battle).find((s) => s.corners.includes(corner));
  if (!side) return null;
  return (
    <p class="points-of" data-leads={side.leads && side.score > 0} data-ours={side.ours} style={{ "--part": side.part }} aria-label={stage.words.say("scoreOf", { name: side.name, n: String(side.score) })}>
      <Counted n={side.score} />
    </p>
  );
}

/** A number that counts up to what it is; at once for those who want no motion. */
function Counted({ n }: { n: number }) {
  const [shown, show] = useState(n);
  const from = useRef(n);
  useEffect(() => {
    const start = performance.now();
    const before = from.current;
    from.current = n;
    if (before === n) return;
    if (n < before || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) return show(n);
    let frame = 0;
    const step = () => {
      const part = Math.min(1, (performance.now() - start) / COUNT);
      show(Math.round(before + (n - before) * (1 - (1 - part) ** 3)));
      if (part < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [n]);
  return <b class="n">{shown.toLocaleString()}</b>;
}

/** The result, over the stage for a moment. */
function Result({ stage, battle, now }: { stage: Stage; battle: Battle; now: number }) {
  const end = ending(battle);
  if (!end || now - battle.since > SHOWN) return null;
  const { words } = stage;
  const penalty = battle.terms?.penalty ?? "";
  const wins = battle.terms && battle.terms.rounds > 1 ? sides(battle).map((s) => battle.wins[s.team] ?? 0) : [];
  return (
    <div class="result" data-end={end.key} data-ours={end.ours}>
      <p class="verdict">{words.say(`ends_${end.key}`, { name: end.name })}</p>
      {end.key !== "void" && (
        <p class="scores">
          {sides(battle)
            .map((s) => s.score.toLocaleString())
            .join(" : ")}
        </p>
      )}
      {wins.length > 0 && <p class="wins">{words.say("wins", { n: wins.join(" : ") })}</p>}
      {penalty !== "" && (end.key === "won" || end.key === "won_forfeit") && <p class="penalty">{words.say("penalty", { text: penalty })}</p>}
    </div>
  );
}
