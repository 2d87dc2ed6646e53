/**
 * Asks for stereo Opus in an offer: Chromium decodes to one channel unless its own description says stereo=1 (RFC 7587
 * §6.1, where the parameter tells the sender what this receiver likes). Offers without Opus come back unchanged.
 */
export function preferStereo(offer: string): string {
  const opus = new Set([...offer.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map((m) => m[1]));
  return offer.replace(/^a=fmtp:(\d+) ([^\r\n]*)/gm, (line, type: string, params: string) =>
    opus.has(type) && !/(^|;)\s*stereo=/.test(params) ? `a=fmtp:${type} ${params};stereo=1` : line,
  );
}
