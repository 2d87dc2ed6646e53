// The picture on the page: one <video> for as long as the page lives, because phones tie the permission for sound to the
// element that was tapped, and a <canvas> above it that keeps the last frame while the video has none.

/** What keeps the viewer from the whole show: nothing, silence (playing without sound), or a stop. */
export type Block = "" | "sound" | "play";

/** How long sound takes to go or to come, in ms. */
const FADE = 300;

type PhoneVideo = HTMLVideoElement & {
  webkitEnterFullscreen?: () => void;
  webkitSupportsPresentationMode?: (mode: string) => boolean;
  webkitSetPresentationMode?: (mode: string) => void;
  webkitPresentationMode?: string;
};

/** What the picture tells its owner. */
export interface Observer {
  blocked(b: Block): void;
  /** The picture's size in pixels changed. */
  sized(width: number, height: number): void;
  /** A frame came on screen, at a time in ms of performance.now, as the one of that number since the video began. */
  shown(at: number, presented: number): void;
  /** Picture-in-picture began or ended. */
  floats(on: boolean): void;
  /** A frame of a stream came on screen so long ago, in ms; with its RTP time stamp where the browser knows it. */
  framed(rtp: number | undefined, stream: object | null, ago: number): void;
}

export class Picture {
  readonly video = document.createElement("video") as PhoneVideo;
  readonly still = document.createElement("canvas");
  #stream: MediaStream | undefined;
  #muted = false;
  #volume = 1;
  /** What the sound is multiplied by, 0 to 1, and where that is going. */
  #gain = 1;
  #goal = 1;
  #fader: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly observer: Observer) {
    const { video, still } = this;
    video.id = "picture";
    video.autoplay = true;
    video.playsInline = true;
    still.className = "still";
    still.hidden = true;
    still.setAttribute("aria-hidden", "true");
    video.addEventListener("resize", () => observer.sized(video.videoWidth, video.videoHeight));
    video.addEventListener("pause", () => this.#paused());
    video.addEventListener("playing", () => this.#plays());
    for (const type of ["enterpictureinpicture", "leavepictureinpicture", "webkitpresentationmodechanged"]) {
      video.addEventListener(type, () => observer.floats(this.floating));
    }
    if ("requestVideoFrameCallback" in video) this.#follow();
  }

  /** Tells of every frame. */
  #follow(): void {
    this.video.requestVideoFrameCallback((at, { rtpTimestamp, expectedDisplayTime, presentedFrames }) => {
      this.#follow();
      this.observer.shown(at, presentedFrames);
      this.observer.framed(rtpTimestamp, this.video.srcObject, performance.now() - expectedDisplayTime);
    });
  }

  /**
   * Plays the stream as soon as it has a track, because Chromium never begins with sound that joins an empty stream. The
   * last frame of the stream before stays until the first of this one.
   */
  show(stream: MediaStream | undefined): void {
    if (stream === this.#stream) return;
    this.#stream = stream;
    if (stream?.getTracks().length === 0) {
      stream.addEventListener("addtrack", () => stream === this.#stream && this.#attach(stream), { once: true });
    } else {
      this.#attach(stream);
    }
  }

  #attach(stream: MediaStream | undefined): void {
    this.keep();
    this.video.srcObject = stream ?? null;
    if (stream) void this.#play();
  }

  /** Covers the video with its last frame until it has a new one. */
  keep(): void {
    const { video, still } = this;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return;
    still.width = video.videoWidth;
    still.height = video.videoHeight;
    const paper = still.getContext("2d");
    if (!paper) return;
    paper.drawImage(video, 0, 0);
    still.hidden = false;
    const uncover = () => (still.hidden = true);
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(uncover);
    else (video as HTMLVideoElement).addEventListener("timeupdate", uncover, { once: true });
  }

  /** Forgets the last frame. */
  clear(): void {
    this.still.hidden = true;
  }

  /** Sets what the viewer wants to hear, volume from 0 to 1. */
  listen(muted: boolean, volume: number): void {
    this.#muted = muted;
    this.#volume = volume;
    this.video.muted = muted;
    this.video.volume = volume * this.#gain;
  }

  /** Lets the sound go away, or come back, without a click. */
  fade(audible: boolean): void {
    const [from, goal] = [this.#gain, audible ? 1 : 0];
    if (goal === this.#goal) return;
    this.#goal = goal;
    const start = performance.now();
    clearInterval(this.#fader);
    this.#fader = setInterval(() => {
      const part = Math.min(1, (performance.now() - start) / FADE);
      this.#gain = from + (goal - from) * part;
      this.video.volume = this.#volume * this.#gain;
      if (part === 1) clearInterval(this.#fader);
    }, 20);
  }

  /** Plays with sound; to be called from a gesture of the viewer, which browsers ask for. */
  unblock(): void {
    this.video.muted = this.#muted;
    void this.#play();
  }

  async #play(): Promise<void> {
    const stream = this.#stream;
    const current = () => stream === this.#stream;
    try {
      await this.video.play();
      if (current()) this.#plays();
    } catch (e) {
      if (!current() || (e as DOMException).name !== "NotAllowedError") return; // a newer stream took over
      if (this.video.muted) return this.observer.blocked("play");
      this.video.muted = true;
      await this.#play();
    }
  }

  #plays(): void {
    this.observer.blocked(this.video.muted && !this.#muted ? "sound" : "");
  }

  #paused(): void {
    const stream = this.#stream;
    // Phones pause for calls, and floating windows have a pause of their own; an ended stream is no stop.
    if (stream?.active && !this.video.ended) this.observer.blocked("play");
  }

  get floatable(): boolean {
    return document.pictureInPictureEnabled || (this.video.webkitSupportsPresentationMode?.("picture-in-picture") ?? false);
  }

  get floating(): boolean {
    return document.pictureInPictureElement === this.video || this.video.webkitPresentationMode === "picture-in-picture";
  }

  /** Enters or leaves picture-in-picture. */
  async float(): Promise<void> {
    const { video } = this;
    try {
      if (document.pictureInPictureEnabled) {
        await (this.floating ? document.exitPictureInPicture() : video.requestPictureInPicture());
      } else {
        video.webkitSetPresentationMode?.(this.floating ? "inline" : "picture-in-picture");
      }
    } catch {
      // The browser refuses while the video has no picture; the button stays as it is.
    }
  }
}

/** Tells whether the page may set the volume; phones leave it to their keys. */
export function volumeSettable(): boolean {
  const probe = document.createElement("video");
  probe.volume = 0.5;
  return probe.volume === 0.5;
}

type OldDocument = Document & { webkitFullscreenElement?: Element; webkitExitFullscreen?: () => void };
type OldElement = HTMLElement & { webkitRequestFullscreen?: () => void };

/** Full screen of the whole stage, or of the video alone where a phone knows no other. */
export class FullScreen {
  readonly #document = document as OldDocument;

  constructor(
    private readonly stage: () => HTMLElement | null,
    private readonly video: PhoneVideo,
    onChange: (on: boolean) => void,
  ) {
    for (const type of ["fullscreenchange", "webkitfullscreenchange"]) document.addEventListener(type, () => onChange(this.on));
  }

  get on(): boolean {
    return (this.#document.fullscreenElement ?? this.#document.webkitFullscreenElement ?? null) !== null;
  }

  get possible(): boolean {
    return document.fullscreenEnabled || "webkitFullscreenEnabled" in document || this.video.webkitEnterFullscreen !== undefined;
  }

  async toggle(): Promise<void> {
    const stage = this.stage() as OldElement | null;
    try {
      if (this.on) await (document.exitFullscreen?.() ?? this.#document.webkitExitFullscreen?.());
      else if (stage?.requestFullscreen) await stage.requestFullscreen();
      else if (stage?.webkitRequestFullscreen) stage.webkitRequestFullscreen();
      else this.video.webkitEnterFullscreen?.();
    } catch {
      // The browser refuses without a gesture; nothing changed.
    }
  }
}
