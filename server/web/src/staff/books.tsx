// The ledger's audit, and one's own account.

import { useSignal } from "@preact/signals";
import type { Desk, Person } from "./desk";
import { addPasskey, Enrol, makesKeys } from "./enter";
import { Field, Form } from "./form";
import { OwnOrders } from "./own";
import type { Key } from "./words";

interface Audited {
  readonly seq: number;
  readonly hash: string;
  readonly reservations: number;
  readonly orders: number;
  readonly wrong: readonly string[];
}

export function Ledger({ desk }: { desk: Desk }) {
  const { words } = desk;
  const found = useSignal<Audited | undefined>(undefined);
  const count = new Intl.NumberFormat(words.language);
  const a = found.value;
  return (
    <>
      <h1>{words.say("ledger")}</h1>
      <section class="card">
        <p>{words.say("ledgerText")}</p>
        <Form desk={desk} button={words.say("audit")} send={async () => (found.value = await desk.ask<Audited>("GET", "/api/shop/audit"))} />
      </section>
      {a && (
        <section class="card" role="status">
          <h2 class={a.wrong.length === 0 ? "good" : "bad"}>{words.say(a.wrong.length === 0 ? "auditWell" : "auditWrong", { n: String(a.wrong.length) })}</h2>
          <dl class="facts">
            <div><dt>{words.say("entries")}</dt><dd>{count.format(a.seq)}</dd></div>
            <div><dt>{words.say("reservations")}</dt><dd>{count.format(a.reservations)}</dd></div>
            <div><dt>{words.say("orders")}</dt><dd>{count.format(a.orders)}</dd></div>
          </dl>
          <p class="quiet">{words.say("fingerprint")}</p>
          <code class="breaks">{`${a.seq}:${a.hash}`}</code>
          {a.wrong.length > 0 && <ul class="list">{a.wrong.map((w) => <li key={w} lang="en">{w}</li>)}</ul>}
        </section>
      )}
    </>
  );
}

export function Account({ desk }: { desk: Desk }) {
  const { words } = desk;
  const password = useSignal("");
  const adding = useSignal(false);
  const me = desk.me.value;
  const operator = me?.id === "operator";
  const set = async () => {
    desk.enter(await desk.ask<Person>("PUT", "/api/me/password", { body: { password: password.value } }));
    password.value = "";
  };
  return (
    <>
      <h1>{words.say("account")}</h1>
      <section class="card">
        <p>{operator ? words.say("asOperator") : me?.email}</p>
        <p class="quiet">{words.say(`role_${me?.role ?? "buyer"}` as Key)}</p>
        <Form desk={desk} kind="plain" button={words.say("signOut")} send={() => desk.leave()} />
      </section>
      {!operator && (
        <div class="pair">
          <section class="card">
            <h2>{words.say("setPassword")}</h2>
            <Form desk={desk} kind="plain" button={words.say("save")} done={words.say("saved")} send={set}>
              <Field label={words.say("newPassword")} value={password} type="password" autocomplete="new-password" hint={words.say("passwordHint")} required />
            </Form>
          </section>
          {makesKeys && (
            <section class="card">
              <h2>{words.say("passkeys")}</h2>
              <p class="quiet">{words.say("passkeysText")}</p>
              <Form desk={desk} kind="plain" button={words.say("addPasskey")} done={words.say("saved")} send={() => addPasskey(desk)} />
            </section>
          )}
          <section class="card">
            {adding.value ? <Enrol desk={desk} back={() => (adding.value = false)} /> : (
              <>
                <h2>{words.say("enrol")}</h2>
                <p class="quiet">{words.say("enrolText")}</p>
                <div class="send"><button type="button" onClick={() => (adding.value = true)}>{words.say("enrolNew")}</button></div>
              </>
            )}
          </section>
        </div>
      )}
      {!operator && <OwnOrders desk={desk} />}
    </>
  );
}
