// A stand-in for Stripe.js (docs.stripe.com/js) as far as a page with a Payment Element needs it: what is typed stays in a frame of
// js.stripe.com, the page gets told what the documentation says it gets told, and wrong use throws.
(() => {
  const ORIGIN = "https://js.stripe.com";
  const wrong = (message) => {
    throw Object.assign(new Error(message), { name: "IntegrationError" });
  };

  /** Opens a frame over the page, and waits for what it says. */
  const ask = (address) =>
    new Promise((resolve) => {
      const frame = document.createElement("iframe");
      Object.assign(frame.style, { position: "fixed", inset: "0", width: "100%", height: "100%", border: "0", zIndex: "2147483647" });
      frame.src = address;
      const heard = (e) => {
        if (e.source !== frame.contentWindow) return;
        removeEventListener("message", heard);
        frame.remove();
        resolve(e.data);
      };
      addEventListener("message", heard);
      document.body.append(frame);
    });

  class Element {
    #frame;
    #handlers = {};
    #answers = new Map();

    on(name, handler) {
      (this.#handlers[name] ??= []).push(handler);
      return this;
    }

    mount(at) {
      if (!(at instanceof HTMLElement) || at.childNodes.length > 0) wrong("the element has to be mounted on an empty element");
      this.#frame = document.createElement("iframe");
      this.#frame.title = "Secure payment input frame";
      Object.assign(this.#frame.style, { width: "100%", height: "190px", border: "0" });
      addEventListener("message", this.#hears);
      this.#frame.src = `${ORIGIN}/fields`;
      at.append(this.#frame);
    }

    #hears = (e) => {
      if (e.source !== this.#frame?.contentWindow) return;
      if (e.data.ready) for (const h of this.#handlers.ready ?? []) h({ elementType: "payment" });
      this.#answers.get(e.data.id)?.(e.data);
    };

    get mounted() {
      return this.#frame?.isConnected ?? false;
    }

    ask(what) {
      const id = Math.random();
      return new Promise((resolve) => {
        this.#answers.set(id, resolve);
        this.#frame.contentWindow.postMessage({ ...what, id }, ORIGIN);
      });
    }

    destroy() {
      removeEventListener("message", this.#hears);
      this.#frame?.remove();
      this.#frame = undefined;
    }
  }

  class Elements {
    #element;
    submitted = false;

    constructor(options) {
      const { mode, amount, currency } = options;
      if (mode !== "payment" || !Number.isInteger(amount) || amount <= 0 || !/^[a-z]{3}$/.test(currency)) wrong("mode, amount or currency is wrong");
      this.options = options;
    }

    create(kind) {
      if (kind !== "payment" || this.#element) wrong("one payment element is known here");
      return (this.#element = new Element());
    }

    getElement(kind) {
      return kind === "payment" ? (this.#element ?? null) : null;
    }

    update(options) {
      this.options = { ...this.options, ...options };
    }

    async submit() {
      const { error, ...rest } = await this.#element.ask({ check: true });
      this.submitted = !error;
      return error ? { error } : { selectedPaymentMethod: rest.kind };
    }
  }

  window.Stripe = (key, { locale } = {}) => {
    if (!/^pk_/.test(key)) wrong("a publishable key begins with pk_");
    const post = async (path, form) => {
      const r = await fetch(`https://api.stripe.com/v1/${path}`, { method: "POST", body: new URLSearchParams({ key, ...form }) });
      const answer = await r.json();
      return r.ok ? { paymentIntent: answer } : { error: answer.error };
    };
    return {
      locale,
      _registerWrapper: () => undefined,
      elements: (options) => new Elements(options),
      async confirmPayment({ elements, clientSecret, confirmParams, redirect }) {
        const element = elements.getElement("payment");
        if (!elements.submitted) wrong("elements.submit() must be called before stripe.confirmPayment()");
        if (!element?.mounted) wrong("the element has to be mounted while it is confirmed");
        if (redirect !== "if_required") wrong("only where a redirect is required is known here");
        if (new URL(confirmParams.return_url).protocol.slice(0, 4) !== "http") wrong("return_url is no address");
        elements.submitted = false;
        const { method } = await element.ask({ method: true });
        const { amount, currency, captureMethod } = elements.options;
        const path = `payment_intents/${clientSecret.split("_secret_")[0]}`;
        const form = { client_secret: clientSecret, payment_method: method, amount, currency, capture_method: captureMethod, return_url: confirmParams.return_url };
        const first = await post(`${path}/confirm`, form);
        const { type, redirect_to_url: away } = first.paymentIntent?.next_action ?? {};
        if (type === "redirect_to_url") {
          location.assign(away.url);
          return new Promise(() => undefined);
        }
        if (type !== "use_stripe_sdk") return first;
        const { paid } = await ask("https://hooks.stripe.com/3ds");
        return post(`${path}/authenticate`, { client_secret: clientSecret, paid });
      },
    };
  };
})();
