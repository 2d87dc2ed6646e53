// What buyers have here: who they are to the shop, and their orders.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { show } from "../money";
import { list, readOrder, type Order } from "../shopwire";
import { Texts } from "../text";
import { Ordered, type Clerk } from "../view/ordered";
import { never } from "../wireorder";
import { orderWords } from "../words/orders";
import type { Desk, Person } from "./desk";
import { SignIn } from "./enter";
import { Form, useLoaded, Waiting } from "./form";

/** The page of who buys here and is not of the staff. */
export function Own({ desk, me }: { desk: Desk; me: Person }) {
  const { words } = desk;
  return (
    <main class="narrow ways">
      <section class="card">
        <p class="brand">Vitrine</p>
        <h1>{words.say("account")}</h1>
        <p>{words.say(never(me.proved) ? "guestText" : "signedInText", { email: me.email ?? "" })}</p>
        <Form desk={desk} kind="plain" button={words.say("signOut")} send={() => desk.leave()} />
      </section>
      <OwnOrders key={me.id} desk={desk} />
      {never(me.proved) && ( // of who bought without signing in only this browser's orders are known
        <details class="card act">
          <summary><h2>{words.say("elsewhere")}</h2></summary>
          <p class="quiet">{words.say("elsewhereText")}</p>
          <SignIn desk={desk} />
        </details>
      )}
    </main>
  );
}

/** One's own orders, the newest first. */
export function OwnOrders({ desk }: { desk: Desk }) {
  const words = new Texts(desk.words.language, orderWords);
  const loaded = useLoaded<readonly Order[]>(desk, async () => list(await desk.ask("GET", "/api/shop/orders"), readOrder));
  const wrong = useSignal("");
  useEffect(() => { // what was done meanwhile, as on the page to withdraw, shows when one comes back
    const back = () => void (document.hidden || loaded.load());
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, []);
  const orders = loaded.value;
  const clerk: Clerk = {
    language: desk.words.language,
    now: Date.now(),
    price: (m) => show(desk.words.language, m),
    cancel: async ({ id }) => {
      wrong.value = "";
      try {
        const after = readOrder(await desk.ask("POST", `/api/shop/orders/${encodeURIComponent(id)}/cancel`, { body: {} }));
        orders.value = orders.value?.map((o) => (o.id === id && after ? after : o));
      } catch (e) {
        wrong.value = desk.tell(e);
      }
    },
  };
  return (
    <section class="card">
      <h2>{words.say("orders")}</h2>
      <Waiting desk={desk} of={loaded} />
      {orders.value && <Ordered clerk={clerk} orders={orders.value} />}
      {wrong.value !== "" && <p role="alert" class="bad">{wrong.value}</p>}
    </section>
  );
}
