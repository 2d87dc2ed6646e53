/**
 * Reads the TURN servers from an answer's Link headers (RFC 9725 §4.6):
 *
 *     <turn:shop.example:3478?transport=udp>; rel="ice-server"; username="u"; credential="c"; credential-type="password"
 *
 * Other links are skipped.
 */
export function readRelays(link: string | null): RTCIceServer[] {
  return [...(link ?? "").matchAll(/<(turns?:[^>]+)>([^<]*)/gi)].flatMap(([, urls = "", rest = ""]) => {
    const param = (name: string) => new RegExp(`;\\s*${name}="([^"]*)"`, "i").exec(rest)?.[1];
    const [username, credential] = [param("username"), param("credential")];
    return param("rel") === "ice-server" && username && credential ? [{ urls, username, credential }] : [];
  });
}
