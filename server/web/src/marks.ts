// What stands out in the text of a message: links and names. Text stays text; the view makes elements of the parts.

/** A part of a message. */
export type Part =
  | { readonly kind: "text" | "name"; readonly text: string }
  /** A link leads to https or http. */
  | { readonly kind: "link"; readonly text: string; readonly href: string };

/** Addresses, up to the punctuation that ends a sentence. */
const link = /\bhttps?:\/\/[^\s<>"“”„（），。；：！？、]*[^\s<>"“”„（），。；：！？、.,;:!?')\]}]/giu;

/**
 * Splits a message. The server lets only those send links who may, so what looks like one is one.
 *
 * @param names whom the message may mention, as they are called
 */
export function mark(text: string, names: readonly string[] = []): Part[] {
  const found: (Part & { at: number })[] = [];
  for (const m of text.matchAll(link)) {
    const href = address(m[0]);
    if (href !== undefined) found.push({ kind: "link", text: m[0], href, at: m.index });
  }
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    const call = `@${name}`;
    for (let at = text.indexOf(call); name !== "" && at >= 0; at = text.indexOf(call, at + call.length)) found.push({ kind: "name", text: call, at });
  }
  found.sort((a, b) => a.at - b.at || b.text.length - a.text.length);
  const parts: Part[] = [];
  let at = 0;
  for (const { at: from, ...part } of found) {
    if (from < at) continue; // within the one before
    if (from > at) parts.push({ kind: "text", text: text.slice(at, from) });
    parts.push(part);
    at = from + part.text.length;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  return parts;
}

function address(text: string): string | undefined {
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" && url.hostname.includes(".") ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** One of so many colours for a viewer's name, always the same for the same one. */
export function tint(alias: string, colours: number): number {
  let h = 7;
  for (const c of alias) h = (h * 31 + c.codePointAt(0)!) >>> 0;
  return h % colours;
}
