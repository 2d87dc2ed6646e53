// The orders: searched, listed, and taken away as files.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { show } from "../money";
import { states, type Order, type OrderState } from "../wireorder";
import type { Desk } from "./desk";
import { Check, Choice, Field, Form } from "./form";
import type { Key } from "./words";

/** How many orders a page has. */
const PAGE = 50;

/** What was searched for and found stays while an order is looked at. */
export class Search {
  readonly text = signal("");
  readonly state = signal("");
  readonly list = signal<readonly Order[] | undefined>(undefined);
  readonly more = signal(false);
  readonly busy = signal(false);
  readonly wrong = signal("");
  #newest = 0;

  constructor(readonly desk: Desk) {}

  /** Asks for the first page, or the one after what is listed. */
  async find(next = false): Promise<void> {
    const mine = ++this.#newest;
    const before = next ? (this.list.value ?? []) : [];
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (this.state.value !== "") query.set("state", this.state.value);
    if (next && before.length > 0) query.set("before", String(before[before.length - 1]?.number));
    this.busy.value = true;
    this.wrong.value = "";
    try {
      // What is searched for may be somebody's address, which belongs into no log.
      const page = await this.desk.ask<Order[]>("GET", `/api/shop/admin/orders?${query}`, { headers: { Search: encodeURIComponent(this.text.value.trim()) } });
      if (mine !== this.#newest) return;
      this.list.value = [...before, ...page];
      this.more.value = page.length === PAGE;
    } catch (e) {
      if (mine === this.#newest) this.wrong.value = this.desk.tell(e);
    }
    if (mine === this.#newest) this.busy.value = false;
  }

  /** Takes in an order that was changed. */
  put(o: Order): void {
    this.list.value = this.list.value?.map((old) => (old.id === o.id ? o : old));
  }
}

export function Orders({ desk, search }: { desk: Desk; search: Search }) {
  const { words } = desk;
  useEffect(() => {
    if (search.list.value === undefined) void search.find();
  }, []);
  const list = search.list.value;
  return (
    <>
      <h1>{words.say("orders")}</h1>
      <form class="search" role="search" onSubmit={(e) => { e.preventDefault(); void search.find(); }}>
        <label class="field wide">
          <span>{words.say("searchOrders")}</span>
          <input type="search" value={search.text.value} autocomplete="off" spellcheck={false} onInput={(e) => (search.text.value = e.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{words.say("state")}</span>
          <select value={search.state.value} onChange={(e) => { search.state.value = e.currentTarget.value; void search.find(); }}>
            <option value="">{words.say("anyState")}</option>
            {states.map((s) => <option key={s} value={s}>{words.say(`is_${s}`)}</option>)}
          </select>
        </label>
        <button type="submit" class="main">{words.say("search")}</button>
      </form>
      {search.wrong.value !== "" && <p role="alert" class="bad">{search.wrong.value}</p>}
      <p role="status" class="quiet count">{search.busy.value ? words.say("reading") : list && words.say(search.more.value ? "foundMore" : "found", { n: String(list.length) })}</p>
      {list && list.length > 0 && (
        <ul class="rows">
          {list.map((o) => <Row key={o.id} desk={desk} order={o} />)}
        </ul>
      )}
      {search.more.value && <button type="button" disabled={search.busy.value} onClick={() => void search.find(true)}>{words.say("more")}</button>}
      <Files desk={desk} />
    </>
  );
}

export function Chip({ desk, state }: { desk: Desk; state: OrderState }) {
  return <span class={`chip ${state}`}>{desk.words.say(`is_${state}` as Key)}</span>;
}

function Row({ desk, order: o }: { desk: Desk; order: Order }) {
  const { words } = desk;
  const day = new Intl.DateTimeFormat(words.language, { dateStyle: "medium", timeStyle: "short" });
  const goods = o.lines.map((l) => `${l.quantity} × ${l.title}`).join(", ");
  return (
    <li>
      <a href={`#/orders/${o.number}`} class="row order">
        <b>{`#${o.number}`}</b>
        <span class="name">{o.contact?.address.name ?? words.say("nobody")}</span>
        <span class="goods quiet">{goods}</span>
        <span class="quiet when">{day.format(new Date(o.made))}</span>
        <span class="where">
          <Chip desk={desk} state={o.state} />
          {o.delivered ? <span class="chip sent">{words.say("delivered")}</span> : o.shipped && <span class="chip sent">{words.say("shipped")}</span>}
        </span>
        <span class="sum">{show(words.language, o.totals.total)}</span>
      </a>
    </li>
  );
}

/** What is taken away for packing and bookkeeping. */
function Files({ desk }: { desk: Desk }) {
  const { words } = desk;
  const from = useSignal("");
  const until = useSignal("");
  const excel = useSignal(false);
  const format = useSignal("html");
  const time = (day: string, plus: number) => {
    const at = new Date(`${day}T00:00`);
    at.setDate(at.getDate() + plus);
    return at.toISOString();
  };
  const table = () => {
    const query = new URLSearchParams({ excel: String(excel.value) });
    if (from.value !== "") query.set("from", time(from.value, 0));
    if (until.value !== "") query.set("until", time(until.value, 1));
    return desk.keep(`/api/shop/admin/orders.csv?${query}`, "orders.csv");
  };
  const packing = () => desk.keep(`/api/shop/admin/packing?format=${format.value}&language=${words.language}&excel=${format.value === "csv"}`, `packing.${format.value}`);
  return (
    <div class="pair">
      {desk.may("orders.ship") && (
        <section class="card">
          <h2>{words.say("packing")}</h2>
          <p class="quiet">{words.say("packingText")}</p>
          <Form desk={desk} kind="plain" button={words.say("download")} done={words.say("kept")} send={packing}>
            <Choice label={words.say("format")} value={format} of={[["html", words.say("toPrint")], ["csv", "CSV"]]} />
          </Form>
        </section>
      )}
      {desk.may("orders.export") && (
        <section class="card">
          <h2>{words.say("table")}</h2>
          <p class="quiet">{words.say("tableText")}</p>
          <Form desk={desk} kind="plain" button={words.say("download")} done={words.say("kept")} send={table}>
            <div class="two">
              <Field label={words.say("from")} value={from} type="date" />
              <Field label={words.say("until")} value={until} type="date" />
            </div>
            <Check label={words.say("excel")} value={excel} />
          </Form>
        </section>
      )}
    </div>
  );
}
