// Amounts as people read and type them.

/** An amount in the currency's minor units. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** How many digits a currency has after the point. */
function digits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount as it is written in a language. */
export function show(language: string, m: Money): string {
  if (!/^[A-Z]{3}$/.test(m.currency)) return String(m.minor);
  return new Intl.NumberFormat(language, { style: "currency", currency: m.currency }).format(m.minor / 10 ** digits(m.currency));
}

/** An amount as it stands in a field: digits and a point. */
export function typed(m: Money): string {
  return (m.minor / 10 ** digits(m.currency)).toFixed(digits(m.currency));
}

/** Reads what somebody typed, with a point or a comma; undefined for what is no amount of the currency. */
export function parse(text: string, currency: string): Money | undefined {
  const most = digits(currency);
  const [, whole, part = ""] = /^\s*(\d{1,12})(?:[.,](\d+))?\s*$/.exec(text) ?? [];
  if (whole === undefined || part.length > most) return undefined;
  const minor = Number(whole + part.padEnd(most, "0"));
  return Number.isSafeInteger(minor) ? { minor, currency } : undefined;
}
