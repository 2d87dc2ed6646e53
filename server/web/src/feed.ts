// Somebody on stage, as they come here: a player of their own, with its loss resilience and its way back, whose picture is a <video> without sound, and
// whose sound goes to the mixer.

import { signal } from "@preact/signals";
import type { Mixer } from "./mixer";
import { Player } from "./player";
import { pause } from "./request";
import type { Spot } from "./scene";
import type { World } from "./session";
import { Tunnel } from "./tunnel";
import { joiner } from "./whep";
import { Refusal, type Show } from "./wire";

/** From this loudness on somebody speaks, 0 to 1, and so long after, in ms. */
const VOICE = 0.03;
const BREATH = 600;

export class Feed {
  readonly video = document.createElement("video");
  /** A picture is here. */
  readonly seen = signal(false);
  /** Just now they speak. */
  readonly speaks = signal(false);
  readonly #player: Player;
  #spot: Spot;
  #height = -1; // nobody has said
  #spokeAt = -Infinity;
  #stream: MediaStream | undefined;

  constructor(
    spot: Spot,
    private readonly mixer: Mixer,
  ) {
    this.#spot = spot;
    const { video } = this;
    video.muted = video.autoplay = video.playsInline = true;
    video.setAttribute("aria-hidden", "true");
    video.addEventListener("resize", () => (this.seen.value = video.videoWidth > 0));
    this.#player = new Player(this.#world(spot.media), {
      changed: ({ stream, soundOnly, state }) => {
        if (stream !== this.#stream) this.#show(stream);
        if (soundOnly || state === "waiting" || state === "failed") this.seen.value = false;
        else if (state === "playing") this.seen.value = video.videoWidth > 0;
      },
      measured: ({ at }) => {
        if (mixer.level(this) > VOICE) this.#spokeAt = at;
        this.speaks.value = at - this.#spokeAt < BREATH;
      },
      told: () => undefined,
      timed: () => undefined,
    });
    this.#player.start();
  }

  /** Takes what is new about them. */
  tell(spot: Spot): void {
    const before = this.#spot;
    this.#spot = spot;
    this.mixer.place(this, spot.gain, spot.pan);
    if (before.placard !== spot.placard) this.#player.nudge();
  }

  /** Says how large their picture is seen, in pixels of height; 0 for not at all. */
  see(height: number): void {
    if (height === this.#height) return;
    this.#height = height;
    this.#player.see(height > 0, height);
  }

  /** A try may succeed now. */
  nudge(): void {
    this.#player.nudge();
  }

  close(): void {
    this.#player.stop();
    this.mixer.drop(this);
    this.video.srcObject = null;
    this.video.remove();
  }

  #show(stream: MediaStream | undefined): void {
    this.#stream = stream;
    if (!stream) return;
    const attach = () => {
      if (stream !== this.#stream) return;
      this.video.srcObject = stream; // sound reaches the mixer only while an element plays it, too
      void this.video.play().catch(() => undefined); // it is without sound: only one that was taken away does not play
      const sound = stream.getAudioTracks()[0];
      if (sound) this.mixer.take(this, sound);
      this.mixer.place(this, this.#spot.gain, this.#spot.pan);
    };
    stream.addEventListener("addtrack", attach);
    if (stream.getTracks().length > 0) attach();
  }

  /** The room says whether they are there; the server need not be asked about them. */
  #world(media: string): World {
    const tunnel = new Tunnel({ ticket: () => Promise.reject(new Error("the room has a way of its own")), now: () => performance.now() });
    const join = joiner(`/whep/${encodeURIComponent(media)}`, tunnel);
    return {
      join: (signal) => join(signal).catch((e: unknown) => {
        throw e instanceof Refusal && e.code === "not_found" ? new Refusal(e.status, "not_live") : e;
      }),
      ask: () => Promise.resolve(this.#about(media)),
      post: () => undefined,
      pause,
      now: () => performance.now(),
      random: Math.random,
      hidden: () => document.hidden || this.#height === 0,
      online: () => navigator.onLine,
    };
  }

  #about(id: string): Show {
    const { placard } = this.#spot;
    return { id, title: id, state: "open", live: true, interrupted: placard === "away", video: placard === "dark" || this.#height === 0 ? "" : "VP8", viewers: 0 };
  }
}
