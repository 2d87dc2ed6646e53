// What of the stage stands above the conversation: the way onto it, and in a battle what viewers can do. Dialogs and controls are places for what guests
// need, which comes when it is needed.

import { counts, weightsOf } from "../battle";
import type { Stage } from "../stage";
import type { BattleTerms } from "../stagewire";
import { Close, Heart, Back } from "./icons";
import { Shop, Spotlight } from "./stageicons";

export function Strip({ stage }: { stage: Stage }) {
  return (
    <div class="strip">
      <Ended stage={stage} />
      <Way stage={stage} />
      {stage.upright.value && <Held stage={stage} />}
      <Battlefield stage={stage} />
    </div>
  );
}

/** How one's way to the stage ended. */
function Ended({ stage }: { stage: Stage }) {
  const mine = stage.ended.value;
  if (!mine) return null;
  return (
    <p class="way ended">
      <Spotlight />
      <span>{stage.sentence(mine)}</span>
      <button type="button" class="shut" aria-label={stage.words.say("close")} onClick={() => (stage.ended.value = undefined)}>
        <Close />
      </button>
    </p>
  );
}

/** How far one is on the way to the stage, and the next step. */
function Way({ stage }: { stage: Stage }) {
  const { words } = stage;
  const { state, place } = stage.mine.value;
  const now = stage.now.value;
  const desk = stage.desk.value;
  const host = (stage.store.chat.value.talk.value?.me.role ?? "") === "host";
  if (state === "applied") {
    return (
      <div class="way">
        <Spotlight />
        <span>{place > 0 ? words.say("inLine", { n: String(place) }) : words.say("applied")}</span>
        <button type="button" class="soft" onClick={() => (desk ? desk.withdraw() : void stage.wish({ withdraw: {} }))}>
          {words.say("withdraw")}
        </button>
      </div>
    );
  }
  if (state === "live") return null;
  if (state === "admitted" || state === "away") {
    if (!desk || desk.sending.value !== "" || desk.mode.value !== "") return null;
    return (
      <div class="way">
        <Spotlight />
        <span>{words.say("letOn")}</span>
        <button type="button" class="ok" onClick={() => (desk.later.value = false)}>
          {words.say("goOn")}
        </button>
      </div>
    );
  }
  if (!now?.open || host) return null;
  const begin = () => void stage.attend().then(() => stage.desk.value && (stage.desk.value.applying.value = true));
  return (
    <div class="way">
      <Spotlight />
      <span>{words.say("open")}</span>
      <button type="button" class="ok" onClick={begin}>
        {words.say("join")}
      </button>
    </div>
  );
}

/** What viewers can do in a battle: vote, go to the other shop and back, and say whether they may be named. */
function Battlefield({ stage }: { stage: Stage }) {
  const { words, store } = stage;
  const battle = stage.battle.value;
  const chat = store.chat.value;
  const back = stage.before.value;
  const fights = battle?.phase === "fight" || battle?.phase === "push";
  const others = battle?.corners.filter((c) => c.id !== battle.us) ?? [];
  const one = others.length === 1 && !stage.onStage.value ? stage.shopOf(others[0]!) : undefined;
  const returns = back && back.show !== store.show.value && back.show !== one?.show ? back : undefined;
  if (!battle && !returns) return null;
  return (
    <div class="field-of">
      <div class="acts">
        {fights && (
          <button type="button" class="soft" disabled={chat.cheered.value} onClick={() => void chat.cheer()}>
            <Heart solid />
            {words.say(chat.cheered.value ? "voted" : "vote")}
          </button>
        )}
        {one && one.server === "" && (
          <button type="button" class="soft" onClick={() => stage.visit(one)}>
            {back?.show === one.show ? <Back /> : <Shop />}
            {words.say(back?.show === one.show ? "back" : "visit", { name: one.name })}
          </button>
        )}
        {one && one.server !== "" && (
          <a class="soft" href={`${one.server}/watch/${encodeURIComponent(one.show)}`} target="_blank" rel="noopener">
            <Shop />
            {words.say("visit", { name: one.name })}
          </a>
        )}
        {returns && (
          <button type="button" class="soft" onClick={() => stage.visit(returns)}>
            <Back />
            {words.say("back", { name: returns.name })}
          </button>
        )}
      </div>
      <div class="terms-of">
        {battle && counts(battle) && (
          <label class="named">
            <input type="checkbox" role="switch" checked={stage.named.value} onChange={(e) => stage.honour(e.currentTarget.checked)} />
            {words.say("named")}
          </label>
        )}
        {battle?.terms && battle.phase !== "lap" && (
          <details class="rules">
            <summary>{words.say("rules")}</summary>
            {rules(stage, battle.terms)}
          </details>
        )}
      </div>
    </div>
  );
}

/** What a battle is about: what gives how many points, and what the losers do. */
function rules({ words }: Stage, { weights, penalty }: BattleTerms): string {
  const { coin, vote, like, likesMost, paid } = weightsOf(weights);
  const parts = [
    coin > 0 && words.say("ruleCoin", { n: String(coin) }),
    vote > 0 && words.say("ruleVote", { n: String(vote) }),
    like > 0 && words.say("ruleLike", { n: String(like), most: words.short(likesMost) }),
    paid > 0 && words.say("rulePaid", { n: String(paid) }),
    penalty !== "" && words.say("penalty", { text: penalty }),
  ];
  return parts.filter((p) => p !== false).join(" · ");
}

export function Dialogs({ stage }: { stage: Stage }) {
  const desk = stage.desk.value;
  return (
    <>
      {desk && desk.mode.value !== "" && <desk.Check desk={desk} />}
      <p class="spoken stage-spoken" role="status" aria-live="polite">
        {stage.spoken.value}
      </p>
    </>
  );
}

/** The controls of who is on stage: over the picture where that is wide, beneath it where it is not. */
export function Dock({ stage }: { stage: Stage }) {
  return stage.upright.value && stage.store.inRoom.value ? null : <Held stage={stage} />;
}

function Held({ stage }: { stage: Stage }) {
  const desk = stage.desk.value;
  return desk && desk.sending.value !== "" ? <desk.Controls desk={desk} /> : null;
}
