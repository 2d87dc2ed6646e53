// Who is here: signing in, and proving it once more.

import { useSignal } from "@preact/signals";
import { Refusal, type Desk, type Person } from "./desk";
import { Field, Form } from "./form";

/** The methods of PublicKeyCredential that read the server's JSON, where the browser has them. */
interface Keys {
  parseRequestOptionsFromJSON?: (json: unknown) => PublicKeyCredentialRequestOptions;
  parseCreationOptionsFromJSON?: (json: unknown) => PublicKeyCredentialCreationOptions;
}

const keys = (globalThis as { PublicKeyCredential?: Keys }).PublicKeyCredential;

/** Signs in, or proves it once more, by a passkey. */
async function usePasskey(desk: Desk): Promise<void> {
  const { publicKey } = await desk.ask<{ publicKey: unknown }>("POST", "/api/sign-in/passkey", { body: {} });
  const options = keys?.parseRequestOptionsFromJSON?.(publicKey);
  const credential = options && (await navigator.credentials.get({ publicKey: options }).catch(() => null));
  if (!credential) throw new Refusal("passkey", desk.words.say("noPasskey"));
  desk.enter(await desk.ask<Person>("POST", "/api/sign-in/passkey/end", { body: (credential as PublicKeyCredential).toJSON() }));
}

/** Whether the browser can make passkeys. */
export const makesKeys = keys?.parseCreationOptionsFromJSON !== undefined;

/** Makes a passkey for who is here. */
export async function addPasskey(desk: Desk): Promise<void> {
  const { publicKey } = await desk.ask<{ publicKey: unknown }>("POST", "/api/me/passkeys", { body: {} });
  const options = keys?.parseCreationOptionsFromJSON?.(publicKey);
  const credential = options && (await navigator.credentials.create({ publicKey: options }).catch(() => null));
  if (!credential) throw new Refusal("passkey", desk.words.say("noPasskey"));
  desk.enter(await desk.ask<Person>("POST", "/api/me/new-passkey", { body: (credential as PublicKeyCredential).toJSON() }));
}

export function SignIn({ desk }: { desk: Desk }) {
  const { words } = desk;
  const email = useSignal("");
  const password = useSignal("");
  const token = useSignal("");
  return (
    <div class="ways">
      <Form desk={desk} button={words.say("signIn")} send={async () => desk.enter(await desk.ask<Person>("POST", "/api/sign-in/password", { body: { email: email.value, password: password.value } }))}>
        <Field label={words.say("email")} value={email} type="email" autocomplete="username" required focus />
        <Field label={words.say("password")} value={password} type="password" autocomplete="current-password" required />
      </Form>
      <Form desk={desk} kind="plain" button={words.say("sendLink")} done={words.say("linkSent")} send={() => desk.ask("POST", "/api/sign-in/link", { body: { email: email.value } })}>
        <p class="quiet">{words.say("linkText")}</p>
      </Form>
      {keys?.parseRequestOptionsFromJSON && <Form desk={desk} kind="plain" button={words.say("passkey")} send={() => usePasskey(desk)} />}
      {location.pathname !== "/account" && ( // which is for buyers too
        <details>
          <summary>{words.say("operator")}</summary>
          <Form desk={desk} kind="plain" button={words.say("operatorUse")} send={() => desk.operate(token.value)}>
            <Field label={words.say("operatorToken")} value={token} type="password" hint={words.say("operatorText")} required />
          </Form>
        </details>
      )}
    </div>
  );
}

/** Asks for the second proof; whoever has none yet gets one. */
export function Prove({ desk, children }: { desk: Desk; children?: preact.ComponentChildren }) {
  const { words } = desk;
  const code = useSignal("");
  const adding = useSignal(false);
  if (adding.value) return <Enrol desk={desk} back={() => (adding.value = false)} />;
  return (
    <div class="ways">
      <Form desk={desk} button={words.say("prove")} send={async () => desk.enter(await desk.ask<Person>("POST", "/api/sign-in/code", { body: { code: code.value.trim() } }))}>
        <p>{words.say("proveText")}</p>
        <Field label={words.say("code")} value={code} autocomplete="one-time-code" hint={words.say("codeHint")} required focus />
      </Form>
      {keys?.parseRequestOptionsFromJSON && <Form desk={desk} kind="plain" button={words.say("passkey")} send={() => usePasskey(desk)} />}
      <div class="send">
        <button type="button" onClick={() => (adding.value = true)}>{words.say("noCode")}</button>
        {children}
      </div>
    </div>
  );
}

interface Authenticator {
  readonly ticket: string;
  readonly png: string;
  readonly secret: string;
}

/** Adds an authenticator: its secret, its first code, and codes for the day when it is lost. */
export function Enrol({ desk, back }: { desk: Desk; back: () => void }) {
  const { words } = desk;
  const key = useSignal<Authenticator | undefined>(undefined);
  const code = useSignal("");
  const recovery = useSignal<readonly string[]>([]);
  const begin = async () => {
    code.value = "";
    key.value = await desk.ask<Authenticator>("POST", "/api/me/authenticator", { body: {} });
  };
  const end = async () => {
    const { codes } = await desk.ask<{ codes: string[] }>("POST", "/api/me/authenticator/end", { body: { ticket: key.value?.ticket, code: code.value.trim() } });
    recovery.value = codes;
  };
  if (recovery.value.length > 0) {
    return (
      <div class="ways">
        <h2>{words.say("recovery")}</h2>
        <p>{words.say("recoveryText")}</p>
        <ul class="codes">{recovery.value.map((c) => <li key={c}><code>{c}</code></li>)}</ul>
        <Form desk={desk} button={words.say("recoveryNoted")} send={async () => desk.enter(await desk.ask<Person>("GET", "/api/me"))} />
      </div>
    );
  }
  return (
    <div class="ways">
      <h2>{words.say("enrol")}</h2>
      {key.value === undefined ? (
        <Form desk={desk} button={words.say("enrolBegin")} send={begin}>
          <p>{words.say("enrolText")}</p>
        </Form>
      ) : (
        <>
          <Form desk={desk} button={words.say("enrolEnd")} send={end}>
            <p>{words.say("enrolScan")}</p>
            <img class="qr" src={`data:image/png;base64,${key.value.png}`} alt={words.say("qr")} width="200" height="200" />
            <p class="quiet">{words.say("enrolType")} <code>{key.value.secret}</code></p>
            <Field label={words.say("code")} value={code} autocomplete="one-time-code" inputmode="numeric" required focus />
          </Form>
          <Form desk={desk} kind="plain" button={words.say("enrolAgain")} send={begin} />
        </>
      )}
      <div class="send"><button type="button" onClick={back}>{words.say("back")}</button></div>
    </div>
  );
}
