// Who pays by a bank whose page takes the place of this one comes back here.

const NAME = "paid";

/** Where a bank's page leads back to: the show, with the order. */
export function paid({ origin, pathname }: Pick<Location, "origin" | "pathname">, order: string): string {
  return `${origin}${pathname}?${NAME}=${encodeURIComponent(order)}`;
}

/** The order with which somebody comes back, "" for none. What the provider wrote into the address besides is taken out: it would pay the order. */
export function back(at: Pick<Location, "pathname" | "search">, history: Pick<History, "state" | "replaceState">): string {
  const order = new URLSearchParams(at.search).get(NAME) ?? "";
  if (order !== "") history.replaceState(history.state, "", at.pathname);
  return order;
}
