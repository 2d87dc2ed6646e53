// The frame of the staff's pages: who is here, what they may see, and where they are.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Account, Ledger } from "./books";
import { Coupons } from "./coupons";
import type { Desk, Needed } from "./desk";
import { Prove, SignIn } from "./enter";
import { Form, Modal } from "./form";
import { OrderPage } from "./order";
import { Orders, Search } from "./orders";
import { Own } from "./own";
import { People } from "./people";
import { ProductPage, Products } from "./products";
import type { Key } from "./words";

/** The pages, and the action of who sees them. */
const pages: readonly { readonly name: Key & string; readonly action: string }[] = [
  { name: "orders", action: "orders.read" },
  { name: "products", action: "products.read" },
  { name: "coupons", action: "coupons.edit" },
  { name: "people", action: "people.read" },
  { name: "ledger", action: "ledger.audit" },
  { name: "account", action: "account.own" },
];

export function Shell({ desk, begin }: { desk: Desk; begin: () => void }) {
  const me = desk.me.value;
  if (me === undefined) {
    return (
      <Gate desk={desk}>
        {desk.wrong.value === "" ? <p role="status">{desk.words.say("reading")}</p> : <button type="button" class="main" onClick={begin}>{desk.words.say("again")}</button>}
      </Gate>
    );
  }
  if (me === null) return <Gate desk={desk} title="signIn"><SignIn desk={desk} /></Gate>;
  if (!me.may && location.pathname === "/account") return <Own desk={desk} me={me} />;
  if (!me.may) {
    return (
      <Gate desk={desk} title="notStaff">
        <p>{desk.words.say("notStaffText", { email: me.email ?? "" })}</p>
        <Form desk={desk} kind="plain" button={desk.words.say("signOut")} send={() => desk.leave()} />
      </Gate>
    );
  }
  return (
    <>
      {me.strong ? <Inside desk={desk} /> : (
        <Gate desk={desk} title="secondProof">
          <Prove desk={desk}><button type="button" onClick={() => void desk.leave()}>{desk.words.say("signOut")}</button></Prove>
        </Gate>
      )}
      {me.strong && desk.needed.value && <Again desk={desk} needed={desk.needed.value} />}
      {desk.leaving.value !== undefined && <Leaving desk={desk} to={desk.leaving.value} />}
    </>
  );
}

/** What stands before the pages. */
function Gate({ desk, title, children }: { desk: Desk; title?: Key; children: ComponentChildren }) {
  return (
    <main class="narrow">
      <section class="card">
        <p class="brand">{location.pathname === "/account" ? "Vitrine" : desk.words.say("brand")}</p>
        {title && <h1>{desk.words.say(title)}</h1>}
        {desk.wrong.value !== "" && <p role="alert" class="bad">{desk.wrong.value}</p>}
        {children}
      </section>
    </main>
  );
}

/** Asks for what a request lacks; it is then made again. */
function Again({ desk, needed }: { desk: Desk; needed: Needed }) {
  const { words } = desk;
  const stop = () => needed.done(false);
  const label = words.say(needed.what === "proof" ? "proveAgain" : "signInAgain");
  return (
    <Modal label={label} close={stop}>
      <h2>{label}</h2>
      {needed.what === "proof" ? <Prove desk={desk}><button type="button" onClick={stop}>{words.say("stop")}</button></Prove> : (
        <>
          <SignIn desk={desk} />
          <div class="send"><button type="button" onClick={stop}>{words.say("stop")}</button></div>
        </>
      )}
    </Modal>
  );
}

/** Asks whether what was typed shall be lost. */
function Leaving({ desk, to }: { desk: Desk; to: string }) {
  const { words } = desk;
  const stay = () => (desk.leaving.value = undefined);
  const leave = () => {
    desk.unsaved.value = false;
    stay();
    location.hash = `/${to}`;
  };
  return (
    <Modal label={words.say("leave")} close={stay}>
      <h2>{words.say("leave")}</h2>
      <p>{words.say("leaveText")}</p>
      <div class="send">
        <button type="button" class="main" onClick={stay}>{words.say("leaveStay")}</button>
        <button type="button" class="danger" onClick={leave}>{words.say("leaveNow")}</button>
      </div>
    </Modal>
  );
}

function Inside({ desk }: { desk: Desk }) {
  const { words } = desk;
  const search = useMemo(() => new Search(desk), [desk.me.value?.id]);
  const main = useRef<HTMLElement>(null);
  const mine = pages.filter((p) => desk.may(p.action));
  const [name = "", id = ""] = desk.place.value.split("/").map(decodeURIComponent);
  const page = mine.find((p) => p.name === name) ?? mine[0];
  useEffect(() => {
    document.title = `${page ? words.say(page.name) : ""} · ${words.say("brand")}`;
    scrollTo(0, 0);
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    const heading = main.current?.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  }, [desk.place.value]);
  return (
    <>
      <header class="top">
        <p class="brand">{words.say("brand")}</p>
        <nav aria-label={words.say("pages")}>
          {mine.map((p) => <a key={p.name} href={`#/${p.name}`} aria-current={p === page ? "page" : undefined}>{words.say(p.name)}</a>)}
        </nav>
      </header>
      <main class="inside" ref={main}>
        {page?.name === "orders" && (id === "" ? <Orders desk={desk} search={search} /> : <OrderPage key={id} desk={desk} search={search} number={id} />)}
        {page?.name === "products" && (id === "" ? <Products desk={desk} /> : <ProductPage desk={desk} id={id} />)}
        {page?.name === "coupons" && <Coupons desk={desk} />}
        {page?.name === "people" && <People desk={desk} />}
        {page?.name === "ledger" && <Ledger desk={desk} />}
        {page?.name === "account" && <Account desk={desk} />}
      </main>
    </>
  );
}
