// Joining a show by WHEP (draft-ietf-wish-whep): one POST with an offer, one answer, one DELETE, and a PATCH for each
// restart of ICE. Candidates are not sent: the server is ICE-lite on a public address and learns ours from the first check.

import { cushion, flat } from "./cushion";
import { pinLayer, readEvent, seePicture, type Event } from "./events";
import { readRelays } from "./relays";
import type { Report } from "./report";
import { request } from "./request";
import { compare, readSample, type Sample } from "./sample";
import { improve, renew, restartFragment } from "./sdp";
import type { Link, Session } from "./session";
import type { Tunnel } from "./tunnel";
import { readRefusal, Refusal } from "./wire";

/** How long the server may take to answer the offer, in ms. */
const ANSWER_WITHIN = 10_000;
/** How long it may take to answer a restart, in ms: a new session is not much dearer. */
const RESTART_WITHIN = 5000;
/** What the server says about the link is believed for so long, in ms; then our own counters have to do. */
const TOLD_FOR = 3000;
/** Losses are counted over so long, in ms. */
const COUNT = 1000;

/** Tells whether this browser can play a show at all. */
export const supported = (): boolean => typeof RTCPeerConnection === "function" && "getStats" in RTCPeerConnection.prototype;

/**
 * Makes the function that joins the show behind the address. It throws a Refusal if the server says no, another error if it
 * cannot be reached or its answer makes no sense, and the signal's reason if that fires. Nothing stays open when it throws.
 */
export function joiner(address: string, tunnel: Tunnel): (signal: AbortSignal) => Promise<Session> {
  let events = true;
  return async (signal) => {
    try {
      return await join(address, events, tunnel, signal);
    } catch (e) {
      if (!events || !(e instanceof Refusal) || e.status !== 400) throw e;
      events = false; // a server from before the channel refuses the whole offer
      return join(address, false, tunnel, signal);
    }
  };
}

async function join(address: string, events: boolean, tunnel: Tunnel, signal: AbortSignal): Promise<Session> {
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  let resource = "";
  try {
    const stream = receive(peer);
    const channel = events ? peer.createDataChannel("events") : undefined;
    const sdp = improve((await peer.createOffer()).sdp ?? "");
    const offer = { method: "POST", headers: { "Content-Type": "application/sdp" }, body: sdp, within: ANSWER_WITHIN } as const;
    const response = await request(address, offer, signal);
    if (response.status !== 201) throw await readRefusal(response);
    resource = locate(response, address);
    const relays = readRelays(response.headers.get("Link"));
    if (relays.length > 0) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: relays });
    await peer.setLocalDescription({ type: "offer", sdp }); // now: from here on the browser looks for ways, with the relays
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    signal.throwIfAborted();
    return new Whep(peer, stream, channel, tunnel, resource);
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
    const transceiver = peer.addTransceiver(kind, { direction: "recvonly" });
    hold(transceiver.receiver, 0);
    extend(transceiver);
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

/** Has the jitter buffer hold so much, in ms; browsers without the setting choose for themselves. */
function hold(receiver: RTCRtpReceiver, time: number): void {
  const hints = receiver as { jitterBufferTarget?: number | null; playoutDelayHint?: number };
  if ("jitterBufferTarget" in hints) hints.jitterBufferTarget = time;
  else if ("playoutDelayHint" in hints) hints.playoutDelayHint = time / 1000;
}

interface Extension {
  uri: string;
  direction: string;
}

/**
 * Offers the header extensions that Chromium knows but leaves out: when a picture was taken (abs-capture-time), and how
 * long the server would like it to wait (playout-delay). What the server's estimate of the link needs is offered anyway.
 */
function extend(transceiver: RTCRtpTransceiver): void {
  const t = transceiver as { getHeaderExtensionsToNegotiate?: () => Extension[]; setHeaderExtensionsToNegotiate?: (e: Extension[]) => void };
  const all = t.getHeaderExtensionsToNegotiate?.();
  if (!all) return;
  for (const e of all) if (/abs-capture-time|playout-delay|transport-wide-cc/.test(e.uri)) e.direction = "sendrecv";
  t.setHeaderExtensionsToNegotiate?.(all);
}

/** The session's address; "" if the answer names none or one of another origin, where a DELETE is not ours to send. */
function locate(response: Response, asked: string): string {
  const location = response.headers.get("Location");
  if (location === null) return "";
  const url = new URL(location, new URL(asked, document.baseURI));
  return url.origin === self.origin ? url.href : "";
}

/** Ends the session at the server. It may outlive the page, and nobody waits: a lost DELETE only costs the server a timeout. */
function leave(resource: string): void {
  if (resource !== "") fetch(resource, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

class Whep implements Session {
  onlink: () => void = () => undefined;
  onevent: (e: Event) => void = () => undefined;
  #ended = false;
  #cushion = flat;
  #toldAt = -Infinity;
  #mark: Sample | undefined;

  constructor(
    readonly peer: RTCPeerConnection,
    readonly stream: MediaStream,
    readonly channel: RTCDataChannel | undefined,
    tunnel: Tunnel,
    readonly resource: string,
  ) {
    const changed = () => this.onlink();
    peer.onconnectionstatechange = changed;
    peer.oniceconnectionstatechange = changed;
    for (const { transport } of peer.getReceivers()) {
      if (transport) transport.onstatechange = changed;
    }
    if (!channel) return;
    const send = (text: string) => channel.readyState === "open" && channel.send(text);
    channel.onmessage = ({ data }) => {
      tunnel.hear(data);
      this.#told(readEvent(data));
    };
    channel.onopen = () => tunnel.attach(send);
    channel.onclose = () => tunnel.detach(send);
    if (channel.readyState === "open") tunnel.attach(send);
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
    const sample = readSample(report.values(), performance.now());
    const mark = (this.#mark ??= sample);
    if (sample.at - mark.at >= COUNT) {
      this.#mark = sample;
      if (sample.at - this.#toldAt > TOLD_FOR) this.#steady(compare(mark, sample).loss, sample.roundTrip ?? 0);
    }
    return sample;
  }

  async restart(signal: AbortSignal): Promise<boolean> {
    const { peer } = this;
    const answer = peer.currentRemoteDescription;
    if (this.resource === "" || !answer) return false;
    try {
      const sdp = improve((await peer.createOffer({ iceRestart: true })).sdp ?? "");
      const headers = { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" };
      const response = await request(this.resource, { method: "PATCH", headers, body: restartFragment(sdp), within: RESTART_WITHIN }, signal);
      const renewed = response.status === 200 ? renew(answer.sdp, await response.text()) : undefined;
      if (renewed === undefined) return false;
      await peer.setLocalDescription({ type: "offer", sdp });
      await peer.setRemoteDescription({ type: "answer", sdp: renewed });
      return true;
    } catch {
      return false; // no answer, or the connection was closed meanwhile
    }
  }

  pin(layer: string): void {
    if (this.channel?.readyState === "open") this.channel.send(pinLayer(layer));
  }

  see(picture: boolean, height: number): void {
    if (this.channel?.readyState === "open") this.channel.send(seePicture(picture, height));
  }

  tell(report: Report): boolean {
    if (!this.channel) return false;
    // What waits would be old when it comes, and take the place of wishes.
    if (this.channel.readyState === "open" && this.channel.bufferedAmount === 0) this.channel.send(JSON.stringify(report));
    return true;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onlink = this.onevent = () => undefined;
    this.peer.close();
    leave(this.resource);
  }

  #told(e: Event | undefined): void {
    if (!e || this.#ended) return;
    if (e.type === "link") {
      this.#toldAt = performance.now();
      this.#steady(e.loss, e.rtt);
    }
    this.onevent(e);
  }

  /** Has the buffers hold what the loss asks for. */
  #steady(loss: number, roundTrip: number): void {
    const before = this.#cushion;
    this.#cushion = cushion(before, loss, roundTrip, performance.now());
    if (this.#cushion.hold !== before.hold) for (const r of this.peer.getReceivers()) hold(r, this.#cushion.hold);
  }
}
