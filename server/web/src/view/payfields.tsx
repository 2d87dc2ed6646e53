// The payment provider's own fields in the checkout, while somebody pays by them.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Checkout } from "../checkout";
import type { Money } from "../shopwire";
import type { Store } from "../store";
import type { StripeFields } from "../stripe";
import { wordsOf } from "./shop";

interface Props {
  readonly store: Store;
  readonly c: Checkout;
  readonly total: Money;
  readonly busy: boolean;
}

export function PayFields({ store, c, total, busy }: Props) {
  const words = wordsOf(store);
  const at = useRef<HTMLDivElement>(null);
  const fields = useRef<StripeFields | undefined>(undefined);
  const state = useSignal<"loading" | "ready" | "missing">("loading");
  const key = c.shop.terms.value?.stripe ?? "";
  const load = async (gone: () => boolean) => {
    state.value = "loading";
    try {
      const { StripeFields } = await import("../stripe");
      if (gone() || !at.current) return;
      if (!fields.current) {
        fields.current = new StripeFields(key, store.counter.language, total);
        fields.current.state.subscribe((s) => {
          state.value = s;
          c.use(s === "ready" ? fields.current : undefined);
        });
      }
      await fields.current.open(at.current);
    } catch {
      if (!gone()) state.value = "missing";
    }
  };
  useEffect(() => {
    let gone = false;
    void load(() => gone);
    return () => {
      gone = true;
      c.use(undefined);
      fields.current?.close();
    };
  }, []);
  useEffect(() => {
    const ways = at.current?.closest("fieldset");
    if (ways?.contains(document.activeElement)) at.current?.parentElement?.scrollIntoView({ block: "nearest" }); // they were chosen just now
  }, [state.value]);
  useEffect(() => fields.current?.price(total), [total.minor, total.currency]);
  return (
    <div class="typed" inert={busy} aria-busy={state.value === "loading"}>
      <div class="fields" ref={at} hidden={state.value === "missing"} />
      {state.value === "loading" && (
        <p class="paying" role="status">
          <span class="spinner" /> {words.say("fieldsComing")}
        </p>
      )}
      {state.value === "missing" && (
        <div class="amiss" role="alert">
          <p>{words.say("fieldsMissing")}</p>
          <button type="button" class="second" onClick={() => void load(() => false)}>
            {words.say("fieldsAgain")}
          </button>
        </div>
      )}
      {state.value !== "missing" && <small class="hint">{words.say("fieldsHint")}</small>}
    </div>
  );
}
