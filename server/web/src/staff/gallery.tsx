// The pictures of a product in its form: sent as soon as they are chosen, described, put in order.

import { useSignal, type Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Refusal, type Desk } from "./desk";
import { MOST, type Picture } from "./draft";
import { Field, type Kept } from "./form";

/** What the server takes (server/pictures). */
const KINDS = "image/jpeg,image/png,image/webp,image/gif";
const MEGABYTES = 20;

interface Props {
  readonly desk: Desk;
  readonly pictures: Kept<readonly Picture[]>;
  /** How many are on their way. */
  readonly sending: Signal<number>;
}

export function Gallery({ desk, pictures, sending }: Props) {
  const { words } = desk;
  const wrong = useSignal<readonly string[]>([]);
  const file = useRef<HTMLInputElement>(null);
  const add = async (files: readonly File[]) => {
    wrong.value = [];
    sending.value += files.length;
    for (const f of files) {
      try {
        const one = await send(desk, f);
        if (pictures.value.length >= MOST.pictures) throw new Refusal("typed", words.say("picturesFull", { n: String(MOST.pictures) }));
        if (!pictures.value.some((p) => p.id === one.id)) pictures.value = [...pictures.value, { id: one.id ?? "", alt: "" }];
      } catch (e) {
        wrong.value = [...wrong.value, `${f.name}: ${desk.tell(e)}`];
      }
      sending.value--;
    }
  };
  const put = (at: number, list: readonly Picture[]) => (pictures.value = pictures.value.flatMap((p, i) => (i === at ? list : [p])));
  const move = (at: number, by: number) => {
    const list = [...pictures.value];
    list.splice(at + by, 0, ...list.splice(at, 1));
    pictures.value = list;
  };
  return (
    <fieldset class="group">
      <legend>{words.say("pictures")}</legend>
      {pictures.value.length > 0 && (
        <ol class="gallery">
          {pictures.value.map((p, i) => {
            const n = String(i + 1);
            const alt = { get value() { return p.alt ?? ""; }, set value(text) { put(i, [{ ...p, alt: text }]); } };
            return (
              <li key={p.id ?? p.source}>
                <Thumb picture={p} />
                <Field label={words.say("pictureAlt", { n })} value={alt} maxLength={MOST.alt} />
                <div class="tools">
                  <button type="button" aria-label={words.say("pictureEarlier", { n })} disabled={i === 0} onClick={() => move(i, -1)}>↑</button>
                  <button type="button" aria-label={words.say("pictureLater", { n })} disabled={i === pictures.value.length - 1} onClick={() => move(i, 1)}>↓</button>
                  <button type="button" aria-label={words.say("pictureOut", { n })} onClick={() => { put(i, []); file.current?.focus(); }}>✕</button>
                </div>
              </li>
            );
          })}
        </ol>
      )}
      <label class="button">
        <input
          ref={file} type="file" multiple accept={KINDS} aria-describedby="gallery-hint"
          onChange={(e) => { void add([...(e.currentTarget.files ?? [])]); e.currentTarget.value = ""; }}
        />
        <span>{words.say("picturesAdd")}</span>
      </label>
      <small id="gallery-hint">{words.say("picturesHint", { n: String(MEGABYTES) })}</small>
      <p role="status" class="quiet">{sending.value > 0 ? words.say("picturesSending", { n: String(sending.value) }) : ""}</p>
      {wrong.value.length > 0 && <div role="alert" class="bad"><ul class="list">{wrong.value.map((w) => <li key={w}>{w}</li>)}</ul></div>}
    </fieldset>
  );
}

/** Sends a picture under the name that its content gives it. */
async function send(desk: Desk, file: File): Promise<Picture> {
  const { words } = desk;
  const refuse = (why: string) => new Refusal("typed", why);
  if (!file.type.startsWith("image/")) throw refuse(words.say("pictureNone"));
  if (file.size > MEGABYTES << 20) throw refuse(words.say("pictureLarge", { n: String(MEGABYTES) }));
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto }; // which pages without TLS have not
  if (!subtle) throw refuse(words.say("pictureTLS"));
  const content = await file.arrayBuffer().catch(() => { throw refuse(words.say("pictureUnread")); });
  const digest = new Uint8Array(await subtle.digest("SHA-256", content));
  const id = Array.from(digest.subarray(0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
  return desk.ask<Picture>("PUT", `/api/pictures/${id}`, { file: new Blob([content], { type: file.type }) });
}

/** A picture, small; an empty square where there is none. */
export function Thumb({ picture }: { picture: Picture | undefined }) {
  const broken = useSignal(false);
  if (!picture?.id || broken.value) return <span class="picture" aria-hidden="true" />;
  return <img class="picture" src={`/pictures/${picture.id}/160.jpg`} alt="" loading="lazy" width="44" height="44" onError={() => (broken.value = true)} />;
}
