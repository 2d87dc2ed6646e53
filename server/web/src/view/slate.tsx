import type { Snapshot } from "../snapshot";
import type { Store } from "../store";
import type { Key, Words } from "../text";
import { tell } from "./panel";

/**
 * The shop front that stands where no picture is: lit while the show is to come, dark when it is over, and before the last
 * picture while the host is away.
 */
export function Slate({ store }: { store: Store }) {
  const s = store.snapshot.value;
  if (s.state === "playing" && s.soundOnly) return <Voice store={store} />;
  if (s.state === "playing" || s.state === "reconnecting" || s.state === "idle") return null;
  const [head, text] = lines(s);
  const named = s.show && (s.state === "waiting" || s.state === "interrupted" || s.state === "ended");
  return (
    <div class={`slate ${s.state}${s.stream && !s.soundOnly ? "" : " bare"}`}>
      <div class="awning" />
      <div class="words">
        {s.state === "joining" && <span class="spinner" />}
        {named && <h1>{s.show?.title}</h1>}
        <p class={named ? "what" : "what alone"}>{store.words.say(head)}</p>
        {text && <p class="more">{store.words.say(text)}</p>}
      </div>
    </div>
  );
}

/** Head and text of a state without picture. */
function lines({ state, reason }: Snapshot): [Key, Key?] {
  switch (state) {
    case "waiting":
      return ["waiting", "waitingText"];
    case "interrupted":
      return ["interrupted", "interruptedText"];
    case "ended":
      return ["ended", "endedText"];
    case "failed":
      if (reason === "codec") return ["codec", "codecText"];
      if (reason === "unsupported") return ["unsupported", "unsupportedText"];
      return ["unknown", "unknownText"];
    default:
      if (reason === "offline") return ["offline", "offlineText"];
      return [reason === "busy" ? "joinBusy" : reason === "server" ? "joinServer" : "joining"];
  }
}

const bars = [0.35, 0.6, 0.85, 1, 0.85, 0.6, 0.35];

/** A show of sound alone: bars that move with its loudness. */
function Voice({ store }: { store: Store }) {
  // Loudness is heard in steps of dB: -50 dB and less is silence.
  const level = Math.max(0, 1 + (20 * Math.log10(Math.max(store.level.value, 1e-6))) / 50);
  return (
    <div class="slate voice" style={{ "--level": level.toFixed(2) }}>
      <div class="awning" />
      <div class="words">
        <div class="bars">
          {bars.map((b, i) => (
            <i key={i} style={{ "--part": b }} />
          ))}
        </div>
        <p class="what">{store.words.say("soundOnly")}</p>
      </div>
    </div>
  );
}

/** Why the picture stands still, over that picture. */
export function Notice({ store }: { store: Store }) {
  const s = store.snapshot.value;
  if (s.state !== "reconnecting") return null;
  const why = cause(s);
  return (
    <div class="notice">
      <span class="spinner" />
      <span>
        {store.words.say("reconnecting")}
        {why && <small>{store.words.say(why)}</small>}
      </span>
    </div>
  );
}

function cause({ reason }: Snapshot): Key | undefined {
  switch (reason) {
    case "offline":
      return "offline";
    case "server":
      return "lostServer";
    case "busy":
      return "joinBusy";
    default:
      return undefined;
  }
}

/** What a screen reader says about the state. */
export function sentence({ snapshot, words, blocked, advice }: Store): string {
  const s = snapshot.value;
  const say = (...keys: (Key | undefined)[]) => keys.flatMap((k) => (k ? [words.say(k)] : [])).join(stop(words));
  switch (s.state) {
    case "idle":
      return "";
    case "playing":
      if (advice.value) return tell(words, advice.value);
      return blocked.value === "sound" ? say("playing", "tapSound") : say("playing");
    case "reconnecting":
      return say("reconnecting", cause(s));
    default:
      return say(...lines(s));
  }
}

const stop = (words: Words) => (words.language === "zh-CN" ? "。" : ". ");
