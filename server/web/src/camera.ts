// Camera and microphone of who wants to go on stage: what there is, what is chosen, what is wrong, and how loud one is.

import { signal } from "@preact/signals";
import { pause } from "./request";

/** What keeps from sending picture or sound: refused, not there, used by something else, or not possible on a page without TLS. */
export type Trouble = "denied" | "none" | "busy" | "insecure";

/** Why getUserMedia failed (W3C mediacapture-streams §10.2), as one can act on it. */
export function trouble(name: string): Trouble {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    default:
      return "busy";
  }
}

/** How often the loudness is measured, in ms, from where on somebody is heard, 0 to 1, and how long a test records, in ms. */
const METER = 100;
const HEARD = 0.12;
const TEST = 3000;

const wishes = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: "user" },
} as const;

export type Kind = "audio" | "video";

export class Camera {
  readonly tracks = signal<Readonly<Partial<Record<Kind, MediaStreamTrack>>>>({});
  readonly troubles = signal<Readonly<Partial<Record<Kind, Trouble>>>>({});
  readonly devices = signal<readonly MediaDeviceInfo[]>([]);
  readonly chosen = signal<Readonly<Record<Kind, string>>>({ audio: "", video: "" });
  /** Loudness of the microphone, 0 to 1, and whether one was heard since it was opened. */
  readonly level = signal(0);
  readonly heard = signal(false);
  /** One hears oneself just now, to test it: first it is recorded, then played. */
  readonly test = signal<"" | "records" | "plays">("");
  readonly opening = signal(false);
  /** The picture for oneself. */
  readonly preview = new MediaStream();
  #meter: AbortController | undefined;

  /** Opens what is chosen, each for itself so that one goes on without the other. */
  async open(): Promise<void> {
    if (this.opening.value) return;
    if (!("mediaDevices" in navigator)) {
      this.troubles.value = { audio: "insecure", video: "insecure" };
      return;
    }
    this.opening.value = true;
    try {
      if (!this.tracks.value.audio && !this.tracks.value.video && (await this.#both())) return;
      for (const kind of ["audio", "video"] as const) if (!this.tracks.value[kind]) await this.#get(kind);
    } finally {
      this.opening.value = false;
      this.devices.value = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    }
  }

  /** Takes another device of that kind. */
  async choose(kind: Kind, id: string): Promise<MediaStreamTrack | undefined> {
    this.chosen.value = { ...this.chosen.value, [kind]: id };
    this.#drop(kind); // phones open one camera at a time
    await this.#get(kind);
    return this.tracks.value[kind];
  }

  /** Opens one kind again. */
  again(kind: Kind): Promise<MediaStreamTrack | undefined> {
    return this.choose(kind, this.chosen.value[kind]);
  }

  /** Lets go of the camera: its light goes out. */
  dark(): void {
    this.#drop("video");
  }

  close(): void {
    this.#drop("audio");
    this.#drop("video");
    this.troubles.value = {};
    this.heard.value = false;
  }

  /** Records a moment and plays it: so one hears what others will hear. */
  async listen(): Promise<void> {
    const { audio } = this.tracks.value;
    if (!audio || this.test.value !== "") return;
    this.test.value = "records";
    const recorder = new MediaRecorder(new MediaStream([audio]));
    const pieces: Blob[] = [];
    const ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.ondataavailable = (e) => pieces.push(e.data);
    recorder.start();
    await pause(TEST, []);
    recorder.stop();
    await ended;
    const address = URL.createObjectURL(new Blob(pieces, { type: recorder.mimeType }));
    const player = new Audio(address);
    const done = new Promise((resolve) => (player.onended = player.onerror = resolve));
    this.test.value = "plays";
    await player.play().then(() => Promise.race([done, pause(2 * TEST, [])])).catch(() => undefined); // silence is an answer, too
    player.pause();
    URL.revokeObjectURL(address);
    this.test.value = "";
  }

  /** Opens both with one question; false if they have to be opened one by one. */
  async #both(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.#wish("audio"), video: this.#wish("video") });
      this.troubles.value = {};
      for (const t of stream.getTracks()) this.#take(t.kind as Kind, t);
      return true;
    } catch {
      return false; // what is wrong with which is asked next
    }
  }

  async #get(kind: Kind): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: this.#wish(kind) });
      this.troubles.value = { ...this.troubles.value, [kind]: undefined };
      this.#take(kind, stream.getTracks()[0]!);
    } catch (e) {
      this.troubles.value = { ...this.troubles.value, [kind]: trouble((e as DOMException).name) };
    }
  }

  #wish(kind: Kind): MediaTrackConstraints {
    const id = this.chosen.value[kind];
    return { ...wishes[kind], ...(id === "" ? {} : { deviceId: { exact: id } }) };
  }

  #take(kind: Kind, track: MediaStreamTrack): void {
    this.#drop(kind);
    this.tracks.value = { ...this.tracks.value, [kind]: track };
    track.addEventListener("ended", () => {
      if (this.tracks.value[kind] !== track) return;
      this.#drop(kind);
      this.troubles.value = { ...this.troubles.value, [kind]: "busy" };
    });
    if (kind === "video") this.preview.addTrack(track);
    else void this.#measure(track);
  }

  #drop(kind: Kind): void {
    const track = this.tracks.value[kind];
    if (!track) return;
    this.tracks.value = { ...this.tracks.value, [kind]: undefined };
    track.stop();
    if (kind === "video") this.preview.removeTrack(track);
    else this.#meter?.abort();
  }

  /** Measures how loud the microphone is until it is closed. */
  async #measure(track: MediaStreamTrack): Promise<void> {
    const { signal: over } = (this.#meter = new AbortController());
    const context = new AudioContext();
    const ear = context.createAnalyser();
    ear.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(ear);
    const wave = new Float32Array(ear.fftSize);
    while (!over.aborted) {
      ear.getFloatTimeDomainData(wave);
      const power = Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length);
      this.level.value = Math.min(1, Math.max(0, 1 + Math.log10(power + 1e-6) / 2.5)); // 50 dB of range
      if (power > 0.01 && this.level.value > HEARD) this.heard.value = true;
      await pause(METER, [over]);
    }
    this.level.value = 0;
    void context.close();
  }
}
