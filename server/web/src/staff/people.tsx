// The people: the staff, and whoever gave an e-mail address.

import { useSignal } from "@preact/signals";
import { never } from "../wireorder";
import { Refusal, type Desk, type Person } from "./desk";
import { Choice, Field, Form, useLoaded, Waiting } from "./form";
import type { Key } from "./words";

const roles = ["buyer", "support", "moderator", "producer", "host", "owner"] as const;

export function People({ desk }: { desk: Desk }) {
  const { words } = desk;
  const email = useSignal("");
  /** What was searched for; "" for the staff. */
  const asked = useSignal("");
  const loaded = useLoaded(desk, () => desk.ask<Person[]>("GET", "/api/people", asked.value === "" ? {} : { headers: { Search: encodeURIComponent(asked.value) } }), [asked.value]);
  const find = (e: Event) => {
    e.preventDefault();
    loaded.value.value = undefined;
    if (asked.value === email.value.trim()) void loaded.load();
    asked.value = email.value.trim();
  };
  const list = loaded.value.value;
  return (
    <>
      <h1>{words.say("people")}</h1>
      <form class="search" role="search" onSubmit={find}>
        <label class="field wide">
          <span>{words.say("searchPeople")}</span>
          <input type="email" value={email.value} autocomplete="off" spellcheck={false} onInput={(e) => (email.value = e.currentTarget.value)} />
        </label>
        <button type="submit" class="main">{words.say("search")}</button>
      </form>
      <Waiting desk={desk} of={loaded} />
      {list && (
        <>
          <h2>{asked.value === "" ? words.say("staff") : words.say("found", { n: String(list.length) })}</h2>
          {list.length === 0 && <p role="status">{words.say(asked.value === "" ? "noStaff" : "noPerson", { email: asked.value })}</p>}
          <div class="pair">
            {list.map((p) => <One key={p.id} desk={desk} person={p} changed={() => void loaded.load()} />)}
          </div>
        </>
      )}
      {desk.may("people.manage") && (
        <section class="card">
          <h2>{words.say("appoint")}</h2>
          <Invite desk={desk} done={() => void loaded.load()} />
        </section>
      )}
    </>
  );
}

function One({ desk, person: p, changed }: { desk: Desk; person: Person; changed: () => void }) {
  const { words } = desk;
  const role = useSignal(p.role ?? "buyer");
  const typed = useSignal("");
  const day = new Intl.DateTimeFormat(words.language, { dateStyle: "medium" });
  const staff = p.role !== "buyer";
  const reachable = !staff || desk.me.value?.role === "owner";
  const appoint = async () => {
    await desk.ask("POST", "/api/people", { body: { email: p.email, role: role.value } });
    changed();
  };
  const erase = async () => {
    if (typed.value.trim().toLowerCase() !== p.email?.toLowerCase()) throw new Refusal("typed", words.say("eraseTyped"));
    await desk.ask("DELETE", `/api/people/${encodeURIComponent(p.id)}`);
    changed();
  };
  return (
    <section class="card">
      <div class="title">
        <h3 class="breaks">{p.email}</h3>
        <span class={`chip ${staff ? "captured" : ""}`}>{words.say(p.guest ? "guest" : (`role_${p.role}` as Key))}</span>
      </div>
      {!never(p.made) && <p class="quiet">{words.say("since", { day: day.format(new Date(p.made ?? "")) })}</p>}
      {desk.may("people.manage") && !p.guest && (
        <Form desk={desk} kind="plain" button={words.say("setRole")} done={words.say("saved")} send={appoint}>
          <Choice label={words.say("role")} value={role} of={roles.map((r) => [r, words.say(`role_${r}`)] as const)} />
        </Form>
      )}
      {desk.may("people.export") && reachable && (
        <Form desk={desk} kind="plain" button={words.say("exportPerson")} done={words.say("kept")} send={() => desk.keep(`/api/people/${encodeURIComponent(p.id)}/export`, "export.json")} />
      )}
      {desk.may("people.erase") && reachable && (
        <details>
          <summary>{words.say("erase")}</summary>
          <Form desk={desk} kind="danger" button={words.say("eraseNow")} send={erase}>
            <p>{words.say("eraseText")}</p>
            <Field label={words.say("eraseConfirm")} value={typed} required />
          </Form>
        </details>
      )}
    </section>
  );
}

function Invite({ desk, done }: { desk: Desk; done: () => void }) {
  const { words } = desk;
  const email = useSignal("");
  const role = useSignal("support");
  const send = async () => {
    await desk.ask("POST", "/api/people", { body: { email: email.value.trim(), role: role.value } });
    email.value = "";
    done();
  };
  return (
    <Form desk={desk} button={words.say("appointNow")} done={words.say("appointed")} send={send}>
      <p class="quiet">{words.say("appointText")}</p>
      <div class="two">
        <Field label={words.say("email")} value={email} type="email" required />
        <Choice label={words.say("role")} value={role} of={roles.map((r) => [r, words.say(`role_${r}`)] as const)} />
      </div>
    </Form>
  );
}
