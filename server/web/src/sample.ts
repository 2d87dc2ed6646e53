// Numbers about a running session: what the browser counts, and what people may read from two counts.

/** Counters of a session since it began (W3C webrtc-stats, the words of inbound-rtp). Times in ms, sizes in bytes. */
export interface Sample {
  /** When the counters were read, in ms of a monotonic clock. */
  readonly at: number;
  readonly frames: number;
  readonly videoPackets: number;
  readonly audioPackets: number;
  readonly lost: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly freezes: number;
  /** Sum over all frames from first packet to decoded, in ms. */
  readonly processing: number;
  /** Sum over all frames or sound samples of the time spent in the jitter buffer, in ms, and how many these were. */
  readonly buffered: number;
  readonly emitted: number;
  /** Frames that were decoded and not shown, or not decoded; and the time that decoding took. */
  readonly dropped: number;
  readonly decoding: number;
  /** Samples of sound played, those made up because they were missing, and of these the silent ones. */
  readonly samples: number;
  readonly concealed: number;
  readonly silent: number;
  /** When the picture that is on screen left the host, by the host's clock, in ms since 1970; undefined until that is known. */
  readonly playing: number | undefined;
  /** Round trip to the server in ms; undefined until measured. */
  readonly roundTrip: number | undefined;
  /** Loudness of the sound just now, 0 to 1. */
  readonly level: number;
}

/** What the panel shows. A field is undefined where the browser has not measured it. */
export interface Quality {
  /** From the server's network card to the screen, in ms: half the round trip, the buffer and the decoder. */
  readonly delay: number | undefined;
  readonly roundTrip: number | undefined;
  /** In bit/s, sound and picture. */
  readonly bitrate: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Packets that did not arrive, 0 to 1, of those sent meanwhile. */
  readonly loss: number;
  /** Visible stops of the picture since the session began. */
  readonly freezes: number;
}

type Stat = Record<string, unknown>;

/** 1970 in ms since 1900, where NTP begins (RFC 5905), in whose time browsers tell when a picture is shown. */
const NTP = 2_208_988_800_000;

const num = (s: Stat | undefined, key: string): number => {
  const v = s?.[key];
  return typeof v === "number" && Number.isFinite(v) ? v : 0;
};

/** Reads the counters from a browser's report. What a browser does not count is 0. */
export function readSample(report: Iterable<Stat>, at: number): Sample {
  let video: Stat | undefined;
  let audio: Stat | undefined;
  let roundTrip: number | undefined;
  for (const s of report) {
    if (s["type"] === "inbound-rtp" && s["kind"] === "video") video = s;
    if (s["type"] === "inbound-rtp" && s["kind"] === "audio") audio = s;
    if (s["type"] === "candidate-pair" && s["nominated"] === true && typeof s["currentRoundTripTime"] === "number") {
      roundTrip = s["currentRoundTripTime"] * 1000;
    }
  }
  const seen = num(video, "framesDecoded") > 0 ? video : audio;
  return {
    at,
    frames: num(video, "framesDecoded"),
    videoPackets: num(video, "packetsReceived"),
    audioPackets: num(audio, "packetsReceived"),
    lost: num(video, "packetsLost") + num(audio, "packetsLost"),
    bytes: num(video, "bytesReceived") + num(audio, "bytesReceived"),
    width: num(video, "frameWidth"),
    height: num(video, "frameHeight"),
    freezes: num(video, "freezeCount"),
    processing: num(video, "totalProcessingDelay") * 1000,
    buffered: num(seen, "jitterBufferDelay") * 1000,
    emitted: num(seen, "jitterBufferEmittedCount"),
    dropped: num(video, "framesDropped"),
    decoding: num(video, "totalDecodeTime") * 1000,
    samples: num(audio, "totalSamplesReceived"),
    concealed: num(audio, "concealedSamples"),
    silent: num(audio, "silentConcealedSamples"),
    playing: num(video, "estimatedPlayoutTimestamp") > NTP ? num(video, "estimatedPlayoutTimestamp") - NTP : undefined,
    roundTrip,
    level: num(audio, "audioLevel"),
  };
}

/** Compares two samples of one session. Counters that run backwards (a browser may lower `lost`) count as 0. */
export function compare(before: Sample, after: Sample): Quality {
  const grown = (key: "frames" | "lost" | "bytes" | "processing" | "buffered" | "emitted" | "videoPackets" | "audioPackets") =>
    Math.max(0, after[key] - before[key]);
  const seconds = Math.max(1, after.at - before.at) / 1000;
  const frames = grown("frames");
  const arrived = grown("videoPackets") + grown("audioPackets");
  const sent = arrived + grown("lost");
  const inside =
    frames > 0 && grown("processing") > 0 ? grown("processing") / frames : grown("emitted") > 0 ? grown("buffered") / grown("emitted") : undefined;
  return {
    delay: inside === undefined ? undefined : inside + (after.roundTrip ?? 0) / 2,
    roundTrip: after.roundTrip,
    bitrate: (grown("bytes") * 8) / seconds,
    width: after.width,
    height: after.height,
    fps: frames / seconds,
    loss: sent > 0 ? grown("lost") / sent : 0,
    freezes: after.freezes,
  };
}
