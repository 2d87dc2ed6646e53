// The check before one goes on stage, and the controls of who is on it.

import { useEffect, useRef } from "preact/hooks";
import type { Kind } from "../camera";
import { left } from "../battle";
import type { Desk } from "../desk";
import { MAX_NOTE } from "../stagewire";
import { Close } from "./icons";
import { Mirror } from "./scene";
import { Cam, Door, Mic } from "./stageicons";

/** A dialog over the page. It takes the focus, keeps it and gives it back; Escape puts it away. */
export function Check({ desk }: { desk: Desk }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { stage, camera } = desk;
  const { words } = stage;
  const mode = desk.mode.value;
  useEffect(() => {
    const back = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>("h2")?.focus();
    return () => {
      if (back instanceof HTMLElement && back.isConnected && back !== document.body) back.focus();
    };
  }, []);
  if (mode === "") return null;
  const until = stage.mine.value.until;
  const rest = left({ until } as Parameters<typeof left>[0], stage.store.chat.value.time.value);
  const { audio, video } = camera.tracks.value;
  const ready = audio !== undefined || video !== undefined;
  const refused = `refused_${stage.mine.value.refused}`;
  return (
    <dialog
      class="check"
      ref={dialog}
      aria-labelledby="check-title"
      onCancel={(e) => {
        e.preventDefault();
        desk.close();
      }}
    >
      <div class="head">
        <h2 id="check-title" tabIndex={-1}>
          {words.say(`check_${mode}`)}
        </h2>
        {until > 0 && mode !== "apply" && (
          <span class="rest" role="timer">
            {words.say("seconds", { n: String(rest) })}
          </span>
        )}
        <button type="button" class="shut" aria-label={words.say(mode === "invited" ? "refuse" : "close")} onClick={() => desk.close()}>
          <Close />
        </button>
      </div>
      <div class="goes">
        {words.has(refused) && (
          <p class="wrong refused" role="alert">
            {words.say(refused)}
          </p>
        )}
        <Preview desk={desk} />
        <Choice desk={desk} kind="video" />
        <Choice desk={desk} kind="audio" />
        <Loudness desk={desk} />
        {mode === "apply" && (
          <label class="note-of">
            {words.say("note")}
            <input type="text" value={desk.note.value} maxLength={MAX_NOTE} placeholder={words.say("noteHint")} onInput={(e) => (desk.note.value = e.currentTarget.value)} />
          </label>
        )}
        {mode === "apply" && (
          <label class="at-once">
            <input type="checkbox" checked={desk.atOnce.value} onChange={(e) => (desk.atOnce.value = e.currentTarget.checked)} />
            {words.say("atOnce")}
          </label>
        )}
        <p class="hint">{words.say("consent")}</p>
      </div>
      <div class="stays">
        {mode === "invited" && (
          <button type="button" class="soft" onClick={() => desk.refuse()}>
            {words.say("refuse")}
          </button>
        )}
        {mode === "ready" && (
          <button type="button" class="soft" onClick={() => desk.leave()}>
            {words.say("leave")}
          </button>
        )}
        <button type="button" class="ok" disabled={!ready} onClick={() => (mode === "apply" ? void desk.apply() : mode === "invited" ? void desk.accept() : desk.go())}>
          {words.say(mode === "apply" ? "apply" : mode === "invited" ? "accept" : "goOn")}
        </button>
      </div>
    </dialog>
  );
}

/** Oneself, or why there is nothing to see. */
function Preview({ desk }: { desk: Desk }) {
  const { camera, stage } = desk;
  const { words } = stage;
  const wrong = camera.troubles.value.video;
  return (
    <div class="preview">
      {camera.tracks.value.video ? (
        <>
          <Mirror stream={camera.preview} />
          <span class="spoken">{words.say("preview")}</span>
        </>
      ) : (
        <p class="wrong" role={wrong ? "alert" : "status"}>
          <Cam off />
          {wrong ? words.say(`video_${wrong}`) : words.say("asking")}
          {wrong && wrong !== "insecure" && (
            <button type="button" class="soft" onClick={() => void camera.again("video")}>
              {words.say("again")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function Choice({ desk, kind }: { desk: Desk; kind: Kind }) {
  const { camera, stage } = desk;
  const all = camera.devices.value.filter((d) => d.kind === `${kind}input` && d.deviceId !== "");
  const track = camera.tracks.value[kind];
  const now = camera.chosen.value[kind] || (track?.getSettings().deviceId ?? "");
  if (all.length === 0) return null;
  return (
    <label class="device">
      {kind === "video" ? <Cam /> : <Mic />}
      <span class="spoken">{stage.words.say(kind === "video" ? "camera" : "microphone")}</span>
      <select value={now} onChange={(e) => void desk.choose(kind, e.currentTarget.value)}>
        {all.map((d, i) => (
          <option key={d.deviceId} value={d.deviceId}>
            {d.label || `${stage.words.say(kind === "video" ? "camera" : "microphone")} ${i + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How loud one is, whether one was heard, and a test. */
function Loudness({ desk }: { desk: Desk }) {
  const { camera, stage } = desk;
  const { words } = stage;
  const wrong = camera.troubles.value.audio;
  if (!camera.tracks.value.audio) {
    return wrong ? (
      <p class="wrong" role="alert">
        <Mic off />
        {words.say(`audio_${wrong}`)}
        {wrong !== "insecure" && (
          <button type="button" class="soft" onClick={() => void camera.again("audio")}>
            {words.say("again")}
          </button>
        )}
      </p>
    ) : null;
  }
  const test = camera.test.value;
  return (
    <div class="loud">
      <span class="meter" role="meter" aria-label={words.say("level")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(camera.level.value * 20) * 5} style={{ "--level": camera.level.value }} />
      <span role="status">{words.say(camera.heard.value ? "heard" : "speak")}</span>
      {"MediaRecorder" in globalThis && (
        <button type="button" class="soft" disabled={test !== ""} onClick={() => void camera.listen()}>
          {words.say(test === "" ? "test" : `test_${test}`)}
        </button>
      )}
    </div>
  );
}

/** What one switches on stage. */
export function Controls({ desk }: { desk: Desk }) {
  const { stage, sending, muted, dark } = desk;
  const { words } = stage;
  const mine = stage.mine.value;
  const seen = stage.seen.value?.spots.some((s) => s.mine && s.box);
  let told = "";
  if (sending.value === "lost") told = words.say("comesBack");
  else if (sending.value === "opening") told = words.say("opening");
  else if (desk.unheard.value) told = words.say("unheardMe");
  else if (mine.muted) told = words.say("mutedByHost");
  else if (mine.dark) told = words.say("darkByHost");
  else if (!muted.value && stage.now.value?.guests.some((g) => g.silent && g.alias === stage.me.value)) told = words.say("silentMe");
  return (
    <aside class="dock" aria-label={words.say("controls")}>
      {!seen && !dark.value && <Mirror stream={desk.camera.preview} />}
      {told !== "" && <p role="status">{told}</p>}
      <span class="keys">
        <button type="button" class="tool" aria-pressed={muted.value} aria-label={words.say(muted.value ? "unmuteMe" : "muteMe")} title={words.say(muted.value ? "unmuteMe" : "muteMe")} onClick={() => desk.mute()}>
          <Mic off={muted.value || mine.muted} />
        </button>
        <button type="button" class="tool" aria-pressed={dark.value} aria-label={words.say(dark.value ? "cameraOn" : "cameraOff")} title={words.say(dark.value ? "cameraOn" : "cameraOff")} onClick={() => void desk.turn()}>
          <Cam off={dark.value || mine.dark} />
        </button>
        <button type="button" class="tool leave" onClick={() => desk.leave()}>
          <Door />
          {words.say("leave")}
        </button>
      </span>
    </aside>
  );
}
