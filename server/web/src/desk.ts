// What the viewer needs to become a guest and to be one: the check of the devices, the way onto the stage, and what one switches there. It comes with the
// first wish to be a guest.

import { computed, effect, signal, untracked } from "@preact/signals";
import { Camera, type Kind } from "./camera";
import { Guest, type Sending } from "./guest";
import { pause, request } from "./request";
import type { Stage } from "./stage";
import { MAX_NOTE, readPass, type StagePass } from "./stagewire";
import { Check, Controls } from "./view/guest";
import { prepare, send, type Way } from "./whip";
import { readRefusal } from "./wire";
import type { Fields } from "./roomwire";

/** How long the server may take to give a pass, in ms. */
const PASS_WITHIN = 8000;
/** Who sends is heard of by the room within so long, in ms, or nothing of it arrives. */
const ARRIVES = 5000;

export class Desk {
  readonly Check = Check;
  readonly Controls = Controls;
  readonly camera = new Camera();
  readonly sending = signal<Sending>("");
  readonly note = signal("");
  /** The viewer has opened the check to apply. */
  readonly applying = signal(false);
  /** One goes on as soon as one is let on. */
  readonly atOnce = signal(false);
  readonly muted = signal(false);
  readonly dark = signal(false);
  /** What the dialog is for; "" while it is closed. */
  readonly mode = computed((): "" | "apply" | "invited" | "ready" => {
    const { state } = this.stage.mine.value;
    if (state === "invited") return "invited";
    // Who is live and does not send here sends from another of their pages.
    if ((state === "admitted" || state === "away") && this.sending.value === "" && !this.later.value) return "ready";
    return this.applying.value && state === "" ? "apply" : "";
  });
  /** The dialog was put away; the strip leads back to it. */
  readonly later = signal(false);
  /** Nothing arrives of what is sent. */
  readonly unheard = signal(false);
  readonly #guest: Guest;
  #arrival: ReturnType<typeof setTimeout> | undefined;
  #ready: Way | undefined;

  constructor(readonly stage: Stage) {
    this.#guest = new Guest({
      pass: () => this.#pass(),
      send: (pass, signal) => send(`/whip/${encodeURIComponent(pass.media)}`, pass.token, this.#tracks(), this.#way(), signal),
      pause,
      now: () => performance.now(),
      random: Math.random,
      changed: (s) => (this.sending.value = s),
    });
    addEventListener("pagehide", () => this.#guest.stop());
    addEventListener("online", () => this.#guest.nudge());
    effect(() => this.#follow());
    effect(() => this.#await());
    effect(() => {
      const [wanted, idle] = [this.mode.value !== "", this.sending.value === "" && !this.atOnce.value];
      untracked(() => {
        if (wanted) void this.camera.open();
        else if (idle) this.camera.close();
      });
    });
  }

  /** Asks to be let on. */
  async apply(): Promise<void> {
    const text = this.note.value.trim().slice(0, MAX_NOTE);
    if (await this.stage.wish({ apply: text === "" ? {} : { text } })) this.applying.value = false;
  }

  withdraw(): void {
    this.atOnce.value = false;
    void this.stage.wish({ withdraw: {} });
  }

  /** Takes the invitation, and goes on. */
  async accept(): Promise<void> {
    if (await this.stage.wish({ accept: {} })) this.go();
  }

  refuse(): void {
    void this.stage.wish({ refuse: {} });
  }

  /** Goes on stage. */
  go(): void {
    this.later.value = false;
    this.#guest.start();
  }

  /** Puts the dialog away. */
  close(): void {
    const { mode } = this;
    if (mode.value === "invited") this.refuse();
    else if (mode.value === "ready") this.later.value = true;
    this.applying.value = false;
  }

  /** Leaves the stage. */
  leave(): void {
    if (this.stage.mine.value.state !== "") void this.stage.wish({ leave: {} });
    this.#guest.stop();
    this.camera.close();
    [this.muted.value, this.dark.value, this.later.value, this.atOnce.value, this.applying.value] = [false, false, false, false, false];
  }

  mute(): void {
    this.muted.value = !this.muted.value;
    const { audio } = this.camera.tracks.value;
    if (audio) audio.enabled = !this.muted.value;
    this.#tell();
  }

  /** Switches one's own camera off, with its light, or on again. */
  async turn(): Promise<void> {
    this.dark.value = !this.dark.value;
    this.#tell();
    if (this.dark.value) {
      this.#guest.replace("video", null);
      this.camera.dark();
    } else await this.choose("video", this.camera.chosen.value.video);
  }

  /** Takes another camera or microphone, also while one is on stage. */
  async choose(kind: Kind, id: string): Promise<void> {
    const track = await this.camera.choose(kind, id);
    if (track && kind === "audio") track.enabled = !this.muted.value;
    this.#guest.replace(kind, track ?? null);
  }

  #tell(): void {
    if (this.sending.value !== "") void this.stage.wish({ self: { muted: this.muted.value, dark: this.dark.value } });
  }

  /** Waits for the room to say that what is sent has arrived. */
  #await(): void {
    const { state } = this.stage.mine.value;
    clearTimeout(this.#arrival);
    this.unheard.value = false;
    if (this.sending.value === "on" && (state === "admitted" || state === "away")) this.#arrival = setTimeout(() => (this.unheard.value = true), ARRIVES);
  }

  /** Keeps in step with what the room says of oneself. */
  #follow(): void {
    const { state, why, refused } = this.stage.mine.value;
    untracked(() => {
      if (refused !== "" && state !== "live") {
        // The same would be refused again: the check says why, and there one chooses something else.
        this.atOnce.value = this.later.value = false;
        this.#guest.stop();
      }
      if (state === "" && why !== "") this.atOnce.value = false; // the camera is not kept for nothing
      if (["applied", "invited", "admitted"].includes(state) && refused === "" && !this.#guest.running) this.#prepare();
      else this.#unprepare();
      if (state === "admitted" && this.atOnce.value && !this.#guest.running) this.go();
      if (state !== "" || !this.#guest.running) return;
      this.#guest.stop();
      this.camera.close();
      [this.muted.value, this.dark.value, this.atOnce.value] = [false, false, false];
    });
  }

  /** Has ready what it takes to be on air as soon as one is let on. */
  #prepare(): void {
    this.#ready ??= prepare();
    this.#guest.prepare().catch(() => undefined); // it is asked for again when it is needed
  }

  #unprepare(): void {
    this.#ready?.peer.close();
    this.#ready = undefined;
  }

  #way(): Way {
    const way = this.#ready ?? prepare();
    this.#ready = undefined;
    return way;
  }

  #tracks(): MediaStreamTrack[] {
    const { audio, video } = this.camera.tracks.value;
    return [audio, this.dark.value ? undefined : video].flatMap((t) => (t ? [t] : []));
  }

  async #pass(): Promise<StagePass> {
    const show = encodeURIComponent(this.stage.store.show.value);
    const asked = { method: "POST", headers: { Accept: "application/json" }, within: PASS_WITHIN } as const;
    const response = await request(`/api/shows/${show}/stage/pass`, asked, new AbortController().signal);
    if (!response.ok) throw await readRefusal(response);
    return readPass((await response.json()) as Fields);
  }
}
