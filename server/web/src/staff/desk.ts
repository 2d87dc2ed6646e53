// What the staff's pages know and how they ask the server: as whoever is signed in, or with an operator's token, which is kept in
// memory and nowhere else.

import { signal } from "@preact/signals";
import type { Texts } from "../text";
import type { Key } from "./words";

/** Somebody as the server knows them (wire.Person). */
export interface Person {
  readonly id: string;
  readonly role?: string;
  readonly strong: boolean;
  readonly email?: string;
  readonly made?: string;
  /** When they proved last who they are; never for a guest's browser. */
  readonly proved?: string;
  readonly guest?: boolean;
  readonly may?: readonly string[];
}

/** Why something was not done. Detail is the server's sentence, in English. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** What is needed before a request can be made again. */
export interface Needed {
  readonly what: "proof" | "person";
  /** Called once it is there, or with false if it will not be. */
  readonly done: (there: boolean) => void;
}

export interface Sent {
  readonly body?: unknown;
  /** Is sent as it is, instead of a body. */
  readonly file?: Blob;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Desk {
  /** Undefined until it is known, null for nobody. */
  readonly me = signal<Person | null | undefined>(undefined);
  /** What went wrong before anybody could do anything. */
  readonly wrong = signal("");
  readonly needed = signal<Needed | undefined>(undefined);
  /** What the address says after "#/", as orders/12. */
  readonly place = signal(location.hash.slice(2));
  /** Something is typed on this page that is not saved. */
  readonly unsaved = signal(false);
  /** Where somebody wants to go nevertheless. */
  readonly leaving = signal<string | undefined>(undefined);
  #token = "";

  constructor(readonly words: Texts<Key>) {}

  /** Whether the role of whoever is here allows an action of server/trust. */
  may(action: string): boolean {
    return this.me.value?.may?.includes(action) ?? false;
  }

  /** Goes where the address says; what is not saved is asked about first. */
  follow(): void {
    const to = location.hash.slice(2);
    if (!this.unsaved.value || to === this.place.value) {
      this.place.value = to;
      return;
    }
    history.replaceState(null, "", `#/${this.place.value}`);
    this.leaving.value = to;
  }

  /** Goes on as another page: the one that was left is not gone back to. */
  become(place: string): void {
    history.replaceState(null, "", `#/${place}`);
    this.place.value = place;
  }

  /** Asks, and asks again once a missing proof was given. Throws a Refusal. */
  async ask<T>(method: string, path: string, sent: Sent = {}): Promise<T> {
    const answer = await this.#answer(method, path, sent);
    return (answer.status === 204 || answer.headers.get("Content-Length") === "0" ? undefined : await answer.json().catch(() => undefined)) as T;
  }

  /** Gets a file and hands it to the browser to keep. */
  async keep(path: string, name: string): Promise<void> {
    const answer = await this.#answer("GET", path, {});
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  async #answer(method: string, path: string, sent: Sent): Promise<Response> {
    for (let asked = false; ; asked = true) {
      const answer = await this.#send(method, path, sent);
      if (answer.ok) return answer;
      const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
      const refusal = new Refusal(problem.code ?? "internal", problem.detail ?? `${answer.status} ${answer.statusText}`);
      const what = refusal.code === "step_up" ? "proof" : refusal.code === "unauthenticated" && this.me.value ? "person" : undefined;
      if (asked || what === undefined || path.startsWith("/api/sign-in/") || !(await this.#need(what))) throw refusal;
    }
  }

  async #send(method: string, path: string, { body, file, headers }: Sent): Promise<Response> {
    const all: Record<string, string> = { ...headers };
    if (file || body !== undefined) all["Content-Type"] = file ? file.type : "application/json";
    if (this.#token !== "") all["Authorization"] = `Bearer ${this.#token}`;
    try {
      const content = file ?? (body === undefined ? undefined : JSON.stringify(body));
      return await fetch(path, { method, headers: all, cache: "no-store", ...(content === undefined ? {} : { body: content }) });
    } catch {
      throw new Refusal("unreached", "");
    }
  }

  /** One at a time: who asks while another waits gets the same answer. */
  #need(what: Needed["what"]): Promise<boolean> {
    return new Promise((resolve) => {
      const before = this.needed.value;
      this.needed.value = {
        what: before?.what ?? what,
        done: (there) => {
          before?.done(there);
          this.needed.value = undefined;
          resolve(there);
        },
      };
    });
  }

  /** Finds out who is here. */
  async look(): Promise<void> {
    try {
      this.me.value = await this.ask<Person>("GET", "/api/me");
    } catch (e) {
      if (!(e instanceof Refusal) || e.code !== "unauthenticated") throw e;
      this.me.value = null;
    }
  }

  /** Works with an operator's token from now on, if it is one. */
  async operate(token: string): Promise<void> {
    const before = this.#token;
    this.#token = token.trim();
    try {
      this.enter(await this.ask<Person>("GET", "/api/me"));
    } catch (e) {
      this.#token = before;
      throw e;
    }
  }

  /** Takes in who has just signed in, or given a proof. */
  enter(p: Person): void {
    this.wrong.value = "";
    const needed = this.needed.value;
    if (needed && p.may && !p.strong) { // signed in again with one proof: the page stays as it is until there are two
      this.needed.value = { what: "proof", done: needed.done };
      return;
    }
    this.me.value = p;
    if (p.strong) needed?.done(true);
  }

  async leave(): Promise<void> {
    if (this.#token === "") await this.ask("POST", "/api/me/sign-out", { body: {} });
    this.#token = "";
    this.me.value = null;
    location.hash = "";
  }

  /** What to say of an error. */
  tell(e: unknown): string {
    const { words } = this;
    if (!(e instanceof Refusal)) return words.say("failed");
    if (e.code === "unreached") return words.say("unreached");
    if (words.language === "en" || !explained.includes(e.code)) return sentence(e.detail);
    return `${words.say(`code_${e.code}` as Key)} (${e.detail})`;
  }
}

/** The codes that are said in the reader's language. */
const explained = ["invalid", "unauthenticated", "forbidden", "not_found", "conflict", "precondition", "rate_limited", "unavailable", "step_up", "too_large", "media_type"];

const sentence = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?。！？]$/.test(s) ? "" : ".");

/** Keys of requests that are to be done once: the same for the same wish until it is done. */
export class Wishes {
  #key = "";
  #wish = "";

  of(wish: unknown): string {
    const text = JSON.stringify(wish);
    if (text !== this.#wish || this.#key === "") {
      this.#wish = text;
      this.#key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16).padStart(8, "0")).join("") + "-k";
    }
    return this.#key;
  }

  /** The next wish is another, though it says the same. */
  done(): void {
    this.#key = "";
  }
}
