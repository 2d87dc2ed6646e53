// Sending by WHIP (RFC 9725): one POST with an offer and the pass, one answer, one DELETE. The picture goes in up to three sizes, so that
// each viewer gets the one that they see. Candidates are not sent: the server is ICE-lite on a public address.

import { readRelays } from "./relays";
import { request } from "./request";
import type { Link } from "./session";
import { readRefusal } from "./wire";

/** How long the server may take to answer, in ms. */
const ANSWER_WITHIN = 10_000;

/** The sizes of the picture, as parts of what the camera gives, and what each may take, in bit/s. */
const sizes: readonly RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];

/** What is sent while it is. */
export interface Uplink {
  /** Called whenever link may have changed. */
  onlink: () => void;
  link(): Link;
  /** Sends another track of that kind, or none. */
  replace(kind: "audio" | "video", track: MediaStreamTrack | null): void;
  /** Ends it here and at the server. Idempotent; it may outlive the page. */
  close(): void;
}

/** A way that is prepared, before anything goes by it: browsers take a moment for that. */
export interface Way {
  readonly peer: RTCPeerConnection;
  readonly senders: Readonly<Record<string, RTCRtpSender>>;
  readonly offer: Promise<string>;
}

/** Prepares a way. One that is not taken is closed by its peer. */
export function prepare(): Way {
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const audio = peer.addTransceiver("audio", { direction: "sendonly" }).sender;
  const video = peer.addTransceiver("video", { direction: "sendonly", sendEncodings: [...sizes] }).sender;
  const offer = peer.createOffer().then(({ sdp }) => sdp ?? "");
  offer.catch(() => undefined); // whoever takes the way is told
  return { peer, senders: { audio, video }, offer };
}

/**
 * Sends the tracks to the address by the way, which is its from then on. Throws a Refusal if the server says no, another error if it cannot be
 * reached, or if the signal fires; what the server has begun by then is ended there as well, as soon as it has said how.
 */
export async function send(address: string, token: string, tracks: readonly MediaStreamTrack[], way: Way, signal: AbortSignal): Promise<Uplink> {
  const { peer, senders } = way;
  const authority = { Authorization: `Bearer ${token}` };
  let resource = "";
  const leave = () => {
    peer.close();
    if (resource !== "") fetch(resource, { method: "DELETE", headers: authority, keepalive: true }).catch(() => undefined);
    resource = "";
  };
  try {
    const filled = tracks.map((t) => senders[t.kind]?.replaceTrack(t));
    const sdp = await way.offer;
    const offer = { method: "POST", headers: { ...authority, "Content-Type": "application/sdp" }, body: sdp, within: ANSWER_WITHIN } as const;
    const [response] = await Promise.all([request(address, offer, new AbortController().signal), ...filled]);
    if (response.status !== 201) throw await readRefusal(response);
    const url = new URL(response.headers.get("Location") ?? "", new URL(address, document.baseURI));
    if (url.origin === self.origin && response.headers.has("Location")) resource = url.href;
    signal.throwIfAborted();
    const relays = readRelays(response.headers.get("Link"));
    if (relays.length > 0) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: relays });
    await peer.setLocalDescription({ type: "offer", sdp });
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    signal.throwIfAborted();
    const uplink: Uplink = {
      onlink: () => undefined,
      link: () => linkOf(peer),
      replace: (kind, track) => void senders[kind]?.replaceTrack(track).catch(() => undefined), // it was closed meanwhile
      close: () => {
        uplink.onlink = () => undefined;
        leave();
      },
    };
    peer.onconnectionstatechange = peer.oniceconnectionstatechange = () => uplink.onlink();
    return uplink;
  } catch (e) {
    leave();
    throw e;
  }
}

function linkOf({ connectionState: c, iceConnectionState: i }: RTCPeerConnection): Link {
  if (c === "failed" || c === "closed" || i === "failed" || i === "closed") return "lost";
  if (c === "disconnected" || i === "disconnected") return "shaky";
  return c === "connected" ? "up" : "connecting";
}
