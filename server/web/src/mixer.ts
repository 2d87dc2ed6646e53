// The sound of those on stage, mixed here: each comes from where the host has put them, all by the one control for sound. The host is heard
// by the picture's own element.

/** How soon a change is there, in s: sooner would click. */
const SOON = 0.05;
/** How much later those on stage may be heard at most, in s. */
const LATEST = 2;
/** How loud cues are, 0 to 1: beneath the voices. */
const CUE = 0.12;

/** Somebody who is heard, or will be once the mixer has started. */
interface Voice {
  readonly track: MediaStreamTrack;
  gain: number;
  pan: number;
  strip?: Strip;
}

interface Strip {
  readonly source: MediaStreamAudioSourceNode;
  readonly gain: GainNode;
  readonly pan: StereoPannerNode;
  readonly ear: AnalyserNode;
}

export class Mixer {
  #context: AudioContext | undefined;
  #master: GainNode | undefined;
  /** What voices go through on their way there. */
  #wait: DelayNode | undefined;
  #volume = 1;
  #late = 0;
  readonly #voices = new Map<object, Voice>();
  readonly #wave = new Float32Array(1024);

  /** @param held called when the browser waits for a tap, or no more */
  constructor(private readonly held: (on: boolean) => void) {}

  get started(): boolean {
    return this.#context !== undefined;
  }

  /** Starts to play: where sound is allowed, or by a gesture of the viewer, which browsers ask for. */
  start(): void {
    if (this.#context) {
      void this.#context.resume().catch(() => undefined);
      return;
    }
    const context = (this.#context = new AudioContext({ latencyHint: "interactive" }));
    this.#master = context.createGain();
    this.#master.gain.value = this.#volume;
    this.#master.connect(context.destination);
    this.#wait = context.createDelay(LATEST);
    this.#wait.delayTime.value = this.#late;
    this.#wait.connect(this.#master);
    context.addEventListener("statechange", () => this.held(context.state === "suspended"));
    for (const v of this.#voices.values()) this.#wire(v);
  }

  /** Mixes in the newest sound of somebody. */
  take(who: object, track: MediaStreamTrack): void {
    const before = this.#voices.get(who);
    if (before?.track === track) return;
    this.drop(who);
    const voice: Voice = { track, gain: before?.gain ?? 0, pan: before?.pan ?? 0 };
    this.#voices.set(who, voice);
    this.#wire(voice);
  }

  /** Puts somebody where they are heard: gain 0 to 1, pan -1 to 1. */
  place(who: object, gain: number, pan: number): void {
    const voice = this.#voices.get(who);
    if (!voice) return;
    [voice.gain, voice.pan] = [gain, pan];
    const now = this.#context?.currentTime ?? 0;
    voice.strip?.gain.gain.setTargetAtTime(gain, now, SOON);
    voice.strip?.pan.pan.setTargetAtTime(pan, now, SOON);
  }

  /** Has all be heard so much later, in s: as late as they are seen. */
  delay(late: number): void {
    if (late === this.#late) return;
    this.#late = Math.min(late, LATEST);
    this.#wait?.delayTime.setTargetAtTime(this.#late, this.#context!.currentTime, SOON);
  }

  /** How loud somebody speaks just now, 0 to 1: browsers measure no sound that an element plays without sound. */
  level(who: object): number {
    const ear = this.#voices.get(who)?.strip?.ear;
    ear?.getFloatTimeDomainData(this.#wave);
    return ear ? this.#wave.reduce((most, x) => Math.max(most, Math.abs(x)), 0) : 0;
  }

  drop(who: object): void {
    const strip = this.#voices.get(who)?.strip;
    this.#voices.delete(who);
    strip?.source.disconnect();
    strip?.gain.disconnect();
    strip?.pan.disconnect();
  }

  /** Plays tones after each other, each so high, in Hz, and so long, in s. */
  cue(tones: readonly (readonly [height: number, length: number])[]): void {
    const context = this.#context;
    if (context?.state !== "running" || !this.#master) return;
    let at = context.currentTime;
    for (const [height, length] of tones) {
      const [tone, gain] = [context.createOscillator(), context.createGain()];
      tone.frequency.value = height;
      gain.gain.setValueAtTime(CUE, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + length);
      tone.connect(gain).connect(this.#master);
      tone.start(at);
      tone.stop((at += length));
    }
  }

  /** Sets what the viewer wants to hear of all, 0 to 1. */
  listen(volume: number): void {
    this.#volume = volume;
    this.#master?.gain.setTargetAtTime(volume, this.#context!.currentTime, SOON);
  }

  #wire(voice: Voice): void {
    const [context, wait] = [this.#context, this.#wait];
    if (!context || !wait) return;
    const source = context.createMediaStreamSource(new MediaStream([voice.track]));
    const [gain, pan, ear] = [context.createGain(), context.createStereoPanner(), context.createAnalyser()];
    [gain.gain.value, pan.pan.value, ear.fftSize] = [voice.gain, voice.pan, this.#wave.length];
    source.connect(ear);
    source.connect(gain).connect(pan).connect(wait);
    voice.strip = { source, gain, pan, ear };
  }
}
