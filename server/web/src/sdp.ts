// What we change in session descriptions (RFC 8866).

/**
 * Asks in an offer for what Chromium can do with Opus but does not ask for by itself: stereo, which it decodes only if its
 * own description says so (RFC 7587 §6.1), and that lost packets are sent again (generic NACK, RFC 4585 §6.2.1). Offers
 * without Opus come back unchanged.
 */
export function improve(offer: string): string {
  const opus = new Set([...offer.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map((m) => m[1]));
  const stereo = offer.replace(/^a=fmtp:(\d+) ([^\r\n]*)/gm, (line, type: string, params: string) =>
    opus.has(type) && !/(^|;)\s*stereo=/.test(params) ? `a=fmtp:${type} ${params};stereo=1` : line,
  );
  return stereo.replace(/^a=rtpmap:(\d+) opus\/48000[^\r\n]*\r?\n/gim, (line, type: string) =>
    new RegExp(`^a=rtcp-fb:${type} nack\\s*$`, "m").test(stereo) ? line : `${line}a=rtcp-fb:${type} nack\r\n`,
  );
}

/** The part of an offer that an ICE restart sends (RFC 9725 §4.3.3, RFC 8840 §9). */
export function restartFragment(offer: string): string {
  const media = offer.slice(offer.search(/^m=/m));
  const lines = ["mid", "ice-ufrag", "ice-pwd"].map((key) => media.match(new RegExp(`^a=${key}:.*`, "m"))?.[0].trim() ?? "");
  return [`${media.split(" ")[0]} 9 UDP/TLS/RTP/SAVPF 0`, ...lines, "a=end-of-candidates", ""].join("\r\n");
}

/** The answer with the credentials and candidates of the fragment that answers a restart; undefined if it holds none. */
export function renew(answer: string, fragment: string): string | undefined {
  const find = (key: string) => fragment.match(new RegExp(`^a=${key}:.*`, "m"))?.[0].trim();
  const [ufrag, pwd] = [find("ice-ufrag"), find("ice-pwd")];
  if (ufrag === undefined || pwd === undefined) return undefined;
  const candidates = [...fragment.matchAll(/^a=candidate:.*/gm)].map((m) => `${m[0].trim()}\r\n`).join("");
  return answer
    .replace(/^a=candidate:.*\r?\n/gm, "")
    .replace(/^a=ice-ufrag:.*/gm, ufrag)
    .replace(/^a=ice-pwd:.*/gm, pwd)
    .replace(/^a=mid:.*\r?\n/m, (line) => line + candidates);
}
