import type { Sample } from "./sample";

/** Sound that comes alone for so long is all there is, in ms: longer when the server did not say that there is no picture. */
const ALONE = 3000;
const ALONE_AS_TOLD = 300;
/** Two looks further apart than this mean that the computer slept, in ms. */
const SLEPT = 3000;

/** What of the world decides how to read a sample. */
export interface Circumstances {
  /** Nobody looks, and the browser may not decode the picture. */
  readonly hidden: boolean;
  /** The codec on air, "" for sound alone, undefined where the server has not said. */
  readonly video: string | undefined;
}

/** Judges from the samples of one session whether media flows. Times in ms of the player's clock. */
export class Watch {
  /** When media last flowed, or the session began. */
  movedAt: number;
  /** Media flowed at least once. */
  moved = false;
  /** The show has sound and no picture. */
  soundOnly = false;

  #last: Sample | undefined;
  #lookedAt: number;
  #frameAt: number | undefined;
  #soundAt: number | undefined;

  constructor(readonly startedAt: number) {
    this.movedAt = startedAt;
    this.#lookedAt = startedAt;
  }

  /** Takes the next sample; tells whether media flowed since the one before. */
  look(sample: Sample, now: number, { hidden, video }: Circumstances): boolean {
    if (now - this.#lookedAt > SLEPT) this.movedAt = now;
    this.#lookedAt = now;
    const frames = sample.frames > (this.#last?.frames ?? 0);
    const sound = sample.audioPackets > (this.#last?.audioPackets ?? 0);
    const packets = sound || sample.videoPackets > (this.#last?.videoPackets ?? 0);
    this.#last = sample;
    if (frames) this.#frameAt = now;
    if (sound) this.#soundAt ??= now;

    const alone = sound && !frames && this.#alone(now, video);
    const flows = frames || alone || (hidden && this.moved && packets);
    if (flows) {
      this.moved = true;
      this.movedAt = now;
      this.soundOnly = alone;
    }
    return flows;
  }

  /** The sound that comes is all there is to come. */
  #alone(now: number, video: string | undefined): boolean {
    const since = this.#frameAt ?? this.#soundAt ?? now;
    if (video === "") return now - since >= ALONE_AS_TOLD;
    return this.#frameAt === undefined && now - since >= ALONE;
  }
}
