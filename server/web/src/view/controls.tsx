import type { ComponentChildren } from "preact";
import type { Store } from "../store";
import type { Key } from "../text";
import { Choose } from "./quality";
import { Fill, Float, Play, Signal, Silence, Sound, Talk } from "./icons";

interface ButtonProps {
  readonly name: string;
  readonly act: () => void;
  readonly children: ComponentChildren;
  readonly pressed?: boolean;
}

function Button({ name, act, children, pressed }: ButtonProps) {
  return (
    <button type="button" class="tool" title={name} aria-label={name} aria-pressed={pressed} onClick={act}>
      {children}
    </button>
  );
}

/** The controls below the picture; there are none without a show. */
export function Bar({ store }: { store: Store }) {
  if (!store.inShow.value) return null;
  const say = (k: Key) => store.words.say(k);
  const { floating, full } = store;
  const figures = store.panel.value === "figures";
  return (
    <div class="bar">
      <Loudness store={store} />
      <span class="space" />
      <Choose store={store} />
      <Button name={say(figures ? "statsEnd" : "stats")} act={() => store.togglePanel("figures")} pressed={figures}>
        <Signal />
      </Button>
      {store.canFloat && !store.snapshot.value.soundOnly && (
        <Button name={say(floating.value ? "pipEnd" : "pip")} act={() => store.toggleFloat()} pressed={floating.value}>
          <Float />
        </Button>
      )}
      {store.inRoom.value && (
        <span class="sociable">
          <Button name={store.roomWords.say(store.sociable.value ? "hideRoom" : "showRoom")} act={() => store.toggleRoom()} pressed={store.sociable.value}>
            <Talk />
          </Button>
        </span>
      )}
      {store.canFill && (
        <Button name={say(full.value ? "fullEnd" : "full")} act={() => store.toggleFull()} pressed={full.value}>
          <Fill on={full.value} />
        </Button>
      )}
    </div>
  );
}

function Loudness({ store }: { store: Store }) {
  const { muted, volume } = store.wish.value;
  const silent = muted || store.blocked.value === "sound";
  const heard = silent ? 0 : volume;
  return (
    <span class="loudness">
      <Button name={store.words.say(silent ? "unmute" : "mute")} act={() => store.toggleMute()}>
        {silent ? <Silence /> : <Sound loud={volume > 0.5} />}
      </Button>
      {store.canSetVolume && (
        <input
          type="range"
          min="0"
          max="100"
          value={Math.round(heard * 100)}
          style={{ "--heard": heard }}
          title={store.words.say("volume")}
          aria-label={store.words.say("volume")}
          onInput={(e) => store.setVolume(Number(e.currentTarget.value) / 100)}
        />
      )}
    </span>
  );
}

/** The tap that browsers ask for before they play, or play with sound. */
export function Tap({ store }: { store: Store }) {
  const b = store.blocked.value;
  if (b === "" || store.snapshot.value.state !== "playing") return null;
  return (
    <button type="button" class="tap" onClick={() => store.unblock()}>
      {b === "sound" ? <Silence /> : <Play />}
      {store.words.say(b === "sound" ? "tapSound" : "tapPlay")}
    </button>
  );
}
