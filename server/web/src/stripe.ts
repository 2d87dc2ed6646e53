// Stripe's own fields on the page (Payment Element, docs.stripe.com/payments/payment-element): what is typed into them goes to Stripe and
// never to the shop. Its script comes from Stripe, as Stripe demands, and only when somebody wants to pay by it. The fields stand there before
// there is an order; the order's secret comes with the last tap (docs.stripe.com/payments/accept-a-payment-deferred).

import { signal } from "@preact/signals";
import type { Stripe, StripeElements } from "@stripe/stripe-js";
import { loadStripe } from "@stripe/stripe-js/pure";
import type { Fields } from "./checkout";
import { paid } from "./paid";
import type { Money } from "./shopwire";
import type { Language } from "./text";

/** Fields that have not come after so long are told as missing, in ms: something on the way holds them back. */
const COME_WITHIN = 20_000;

/** An amount in Stripe's units (docs.stripe.com/currencies): ISO 4217's but for three currencies, as server/pay has it. */
export function stripeAmount({ minor, currency }: Money): number {
  return currency === "ISK" || currency === "UGX" ? minor * 100 : currency === "MGA" ? minor / 100 : minor;
}

/** The addresses that scripts of Stripe's come from. */
const SOURCE = /^https:\/\/([a-z0-9-]+\.)*js\.stripe\.com\//;

let trusting = false;

/** Lets Stripe's script, and no other, come from outside, where the browser asks for that (Trusted Types). */
function trust(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown } };
  if (trusting || !trustedTypes) return;
  trusting = true;
  trustedTypes.createPolicy("default", {
    createScriptURL: (url) => {
      if (!SOURCE.test(url)) throw new TypeError(`no script may come from ${url}`);
      return url;
    },
  });
}

export class StripeFields implements Fields {
  readonly state = signal<"loading" | "ready" | "missing">("loading");
  #stripe: Stripe | undefined;
  #elements: StripeElements | undefined;
  #late: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly key: string,
    private readonly language: Language,
    private total: Money,
  ) {}

  /** Puts the fields into a part of the page, once more if they did not come. */
  async open(at: HTMLElement): Promise<void> {
    this.state.value = "loading";
    this.#elements?.getElement("payment")?.destroy();
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#missing(), COME_WITHIN);
    try {
      trust();
      this.#stripe ??= (await loadStripe(this.key, { locale: this.language === "zh-CN" ? "zh" : this.language })) ?? undefined;
      if (!this.#stripe) throw new Error("there is no page");
      if (this.#closed) return;
      const style = getComputedStyle(at);
      this.#elements = this.#stripe.elements({
        mode: "payment", amount: stripeAmount(this.total), currency: this.total.currency.toLowerCase(), captureMethod: "manual",
        appearance: {
          theme: "night",
          variables: { colorPrimary: style.accentColor, colorBackground: style.backgroundColor, colorText: style.color, fontFamily: style.fontFamily, fontSizeBase: "16px", borderRadius: "10px" },
        },
      });
      const element = this.#elements.create("payment", { layout: "tabs" });
      element.on("ready", () => (this.state.value = "ready"));
      element.on("loaderror", () => this.#missing());
      at.replaceChildren();
      element.mount(at);
    } catch {
      this.#missing();
    }
  }

  #missing(): void {
    if (this.state.value === "loading") this.state.value = "missing";
  }

  /** Tells the fields what will be paid: wallets show it. */
  price(total: Money): void {
    if (total.minor === this.total.minor && total.currency === this.total.currency) return;
    this.total = total;
    this.#elements?.update({ amount: stripeAmount(total), currency: total.currency.toLowerCase() });
  }

  async check(): Promise<boolean> {
    const { error } = (await this.#elements?.submit()) ?? { error: true };
    return !error;
  }

  async pay(secret: string, order: string): Promise<string | undefined> {
    if (!this.#stripe || !this.#elements) return undefined;
    const over = new AbortController();
    const confirmed = this.#stripe.confirmPayment({
      elements: this.#elements, clientSecret: secret, confirmParams: { return_url: paid(location, order) }, redirect: "if_required",
    }).then(({ error }) => error?.message ?? (error ? undefined : ""));
    // Who goes back from a bank's page may find this one as they left it: Stripe says nothing any more then.
    const left = new Promise<undefined>((resolve) => addEventListener("pageshow", (e) => e.persisted && resolve(undefined), { signal: over.signal }));
    return Promise.race([confirmed, left]).finally(() => over.abort());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#late);
    this.#elements?.getElement("payment")?.destroy();
  }
}
