// The pieces that the staff's forms are made of.

import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import type { ComponentChildren, Ref } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Desk } from "./desk";

interface FormProps {
  readonly desk: Desk;
  readonly button: string;
  /** Does what the form is for; what it throws is shown beside the button, and all that was typed stays. It gives false for what is not done. */
  readonly send: () => Promise<unknown>;
  /** What is said once it is done. */
  readonly done?: string;
  readonly kind?: "main" | "danger" | "plain";
  readonly inline?: boolean;
  /** It says itself what of the fields cannot be. */
  readonly own?: boolean;
  /** It cannot be sent just now. */
  readonly waits?: boolean;
  readonly children?: ComponentChildren;
}

export function Form({ desk, button, send, done, kind = "main", inline, own, waits, children }: FormProps) {
  const busy = useSignal(false);
  const wrong = useSignal("");
  const said = useSignal("");
  const submit = async (e: Event) => {
    e.preventDefault();
    if (busy.value) return;
    busy.value = true;
    wrong.value = said.value = "";
    try {
      const did = await send();
      said.value = did === false ? "" : (done ?? "");
    } catch (err) {
      wrong.value = desk.tell(err);
    }
    busy.value = false;
  };
  return (
    <form class={inline ? "form inline" : "form"} noValidate={own ?? false} onSubmit={(e) => void submit(e)}>
      {children}
      <div class="send">
        <button type="submit" class={kind} disabled={busy.value || waits}>{busy.value ? desk.words.say("working") : button}</button>
        {said.value !== "" && <span role="status" class="good">{said.value}</span>}
      </div>
      {wrong.value !== "" && <p role="alert" class="bad">{wrong.value}</p>}
    </form>
  );
}

/** Where what is typed is kept: a signal, or a part of one. */
export interface Kept<T> {
  value: T;
}

interface FieldProps {
  readonly label: string;
  readonly value: Kept<string>;
  readonly type?: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly inputmode?: "numeric" | "decimal" | "email" | "search";
  readonly maxLength?: number;
  readonly focus?: boolean;
  /** What is wrong with what was typed. */
  readonly fault?: string | undefined;
  /** So many lines of text at first, where there is more to write. */
  readonly lines?: number;
}

export function Field({ label, value, type = "text", hint, required, autocomplete = "off", inputmode, maxLength, focus, fault, lines }: FieldProps) {
  const id = useId();
  const field = useRef<HTMLElement>(null);
  useEffect(() => {
    if (focus) field.current?.focus();
  }, []);
  const common = {
    value: value.value, required: required ?? false, autocomplete: autocomplete as "off", maxLength, "aria-invalid": fault ? true : undefined,
    "aria-describedby": fault || hint ? id : undefined,
  };
  return (
    <label class="field">
      <span>{label}</span>
      {lines ? (
        <textarea {...common} ref={field as Ref<HTMLTextAreaElement>} rows={lines} onInput={(e) => (value.value = e.currentTarget.value)} />
      ) : (
        <input
          {...common} ref={field as Ref<HTMLInputElement>} type={type as "text"} spellcheck={false} inputMode={inputmode}
          onInput={(e) => (value.value = e.currentTarget.value)}
        />
      )}
      {(fault || hint) && <small id={id} class={fault ? "bad" : undefined}>{fault || hint}</small>}
    </label>
  );
}

export function Check({ label, value }: { label: string; value: Kept<boolean> }) {
  return (
    <label class="check">
      <input type="checkbox" checked={value.value} onChange={(e) => (value.value = e.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export function Choice({ label, value, of }: { label: string; value: Kept<string>; of: readonly (readonly [string, string])[] }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value.value} onChange={(e) => (value.value = e.currentTarget.value)}>
        {of.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </label>
  );
}

/** Something over the page that has to be answered first; not by the very key that brought it up, whose second event comes here, nor while it is held. */
export function Modal({ label, close, children }: { label: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = useRef(false);
  const pressed = (e: KeyboardEvent) => {
    asked.current ||= e.type === "keydown" && !e.repeat;
    if (!asked.current) e.preventDefault();
  };
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-label={label} onKeyDown={pressed} onKeyPress={pressed} onCancel={(e) => { e.preventDefault(); close(); }}>
      {children}
    </dialog>
  );
}

/** A list or a thing on its way from the server. */
export interface Loaded<T> {
  readonly value: Signal<T | undefined>;
  readonly wrong: Signal<string>;
  readonly load: () => Promise<void>;
}

/** Loads once the component is there, and again when what it depends on changes. An answer that comes after a later one is let go. */
export function useLoaded<T>(desk: Desk, get: () => Promise<T>, on: readonly unknown[] = []): Loaded<T> {
  const value = useSignal<T | undefined>(undefined);
  const wrong = useSignal("");
  const newest = useRef(0);
  const load = async () => {
    const mine = ++newest.current;
    wrong.value = "";
    try {
      const got = await get();
      if (mine === newest.current) value.value = got;
    } catch (e) {
      if (mine === newest.current) wrong.value = desk.tell(e);
    }
  };
  useEffect(() => void load(), on);
  return { value, wrong, load };
}

/** Says that something is on its way, or why it is not. */
export function Waiting({ desk, of }: { desk: Desk; of: Loaded<unknown> }) {
  if (of.wrong.value !== "") {
    return (
      <div role="alert" class="card">
        <p class="bad">{of.wrong.value}</p>
        <button type="button" onClick={() => void of.load()}>{desk.words.say("again")}</button>
      </div>
    );
  }
  return of.value.value === undefined ? <p role="status" class="quiet">{desk.words.say("reading")}</p> : null;
}
