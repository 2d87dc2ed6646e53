// Joining a show by WHEP (draft-ietf-wish-whep): one POST with an offer, one answer, one DELETE. Candidates are not sent:
// the server is ICE-lite on a public address and learns ours from the first check.

import { readRelays } from "./relays";
import { preferStereo } from "./sdp";
import { readSample, type Sample } from "./sample";
import { readRefusal } from "./wire";
import type { Link, Session } from "./player";

/** How long the server may take to answer the offer, in ms. */
const ANSWER_WITHIN = 8000;

/** Tells whether this browser can play a show at all. */
export const supported = (): boolean => typeof RTCPeerConnection === "function" && "getStats" in RTCPeerConnection.prototype;

/**
 * Joins the show behind the address. Throws a Refusal if the server says no, another error if it cannot be reached or its
 * answer makes no sense, and the signal's reason if that fires. Nothing stays open when it throws.
 */
export async function join(address: string, signal: AbortSignal): Promise<Session> {
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  let resource = "";
  try {
    const stream = receive(peer);
    const offer = await peer.createOffer();
    const sdp = preferStereo(offer.sdp ?? "");
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: sdp,
      signal: limit(signal, ANSWER_WITHIN),
    });
    if (response.status !== 201) throw await readRefusal(response);
    resource = locate(response);
    const relays = readRelays(response.headers.get("Link"));
    if (relays.length > 0) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: relays });
    await peer.setLocalDescription({ type: "offer", sdp }); // now: from here on the browser looks for ways, with the relays
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    signal.throwIfAborted();
    return new Whep(peer, stream, resource);
  } catch (e) {
    peer.close();
    leave(resource);
    throw e;
  }
}

/**
 * Prepares to receive sound and picture, each as early as it comes. A track joins the stream with its first packet, and
 * the stream says so with "addtrack": a <video> with a track that stays silent, as the picture of a show of sound alone
 * does, never begins to play.
 */
function receive(peer: RTCPeerConnection): MediaStream {
  const stream = new MediaStream();
  for (const kind of ["audio", "video"]) {
    const { receiver } = peer.addTransceiver(kind, { direction: "recvonly" });
    const hints = receiver as { jitterBufferTarget?: number | null; playoutDelayHint?: number };
    if ("jitterBufferTarget" in hints) hints.jitterBufferTarget = 0;
    else if ("playoutDelayHint" in hints) hints.playoutDelayHint = 0;
  }
  peer.ontrack = ({ track }) => {
    const add = () => {
      stream.addTrack(track);
      stream.dispatchEvent(new MediaStreamTrackEvent("addtrack", { track }));
    };
    if (track.muted) track.addEventListener("unmute", add, { once: true });
    else add();
  };
  return stream;
}

/** The session's address; "" if the answer names none or one of another origin, where a DELETE is not ours to send. */
function locate(response: Response): string {
  const location = response.headers.get("Location");
  if (location === null) return "";
  const url = new URL(location, response.url);
  return url.origin === new URL(response.url).origin ? url.href : "";
}

/** Ends the session at the server. It may outlive the page, and nobody waits: a lost DELETE only costs the server a timeout. */
function leave(resource: string): void {
  if (resource !== "") fetch(resource, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** A signal that fires with the given one, or after the time in ms. */
export function limit(signal: AbortSignal, time: number): AbortSignal {
  const limited = new AbortController();
  setTimeout(() => limited.abort(), time);
  signal.addEventListener("abort", () => limited.abort(), { signal: limited.signal });
  if (signal.aborted) limited.abort();
  return limited.signal;
}

class Whep implements Session {
  onlink: () => void = () => undefined;
  #ended = false;

  constructor(
    readonly peer: RTCPeerConnection,
    readonly stream: MediaStream,
    readonly resource: string,
  ) {
    const changed = () => this.onlink();
    peer.onconnectionstatechange = changed;
    peer.oniceconnectionstatechange = changed;
    for (const { transport } of peer.getReceivers()) {
      if (transport) transport.onstatechange = changed;
    }
  }

  link(): Link {
    const transports = this.peer.getReceivers().map((r) => r.transport?.state);
    const { connectionState: c, iceConnectionState: i } = this.peer;
    const gone = (s: string | undefined) => s === "failed" || s === "closed";
    if (this.#ended || gone(c) || gone(i) || transports.some(gone)) return "lost";
    if (c === "disconnected" || i === "disconnected") return "shaky";
    return c === "connected" ? "up" : "connecting";
  }

  async sample(): Promise<Sample> {
    const report = (await this.peer.getStats()) as unknown as Map<string, Record<string, unknown>>;
    return readSample(report.values(), performance.now());
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onlink = () => undefined;
    this.peer.close();
    leave(this.resource);
  }
}
