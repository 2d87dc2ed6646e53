// How long media waits in the jitter buffer for what was lost to be sent again. A link that loses nothing waits for nothing.

/** From which loss on (0 to 1) the buffer holds how much, in ms: measured with Chromium so that nothing freezes. */
const steps: readonly (readonly [loss: number, hold: number])[] = [
  [0, 0],
  [0.05, 150],
  [0.2, 300],
  [0.45, 500],
  [0.65, 650],
];
/** A step is left when the loss is below this part of what begins it. */
const CALM = 0.4;
/** And has been for so long, in ms: every change of the buffer is a change of pace that one may hear. */
const PATIENCE = 15_000;
/** Round trips count in units of this, in ms, so that the buffer does not follow their jitter. */
const GRAIN = 50;

/** What the buffers should hold now, and what decides about the next change. */
export interface Cushion {
  /** In ms, for sound and picture alike, so that lips fit words. */
  readonly hold: number;
  readonly step: number;
  /** The highest step needed since the loss fell below the present one, and when it did, in ms. */
  readonly worst: number;
  readonly since: number;
}

export const flat: Cushion = { hold: 0, step: 0, worst: 0, since: 0 };

/**
 * The cushion after another report: it grows at once and shrinks after a calm while.
 *
 * @param loss share of packets that did not arrive, 0 to 1
 * @param roundTrip in ms: each step has time to ask for a packet once more than the one below
 * @param now in ms of a monotonic clock
 */
export function cushion(before: Cushion, loss: number, roundTrip: number, now: number): Cushion {
  const to = (step: number): Cushion => ({ hold: steps[step]![1] + step * Math.ceil(roundTrip / GRAIN) * GRAIN, step, worst: 0, since: now });
  const high = stepOf(loss);
  if (high > before.step) return to(high);
  const low = stepOf(loss / CALM);
  if (low >= before.step) return { ...before, worst: 0, since: now };
  const worst = Math.max(before.worst, low);
  return now - before.since >= PATIENCE ? to(worst) : { ...before, worst };
}

const stepOf = (loss: number): number => steps.filter(([from]) => loss >= from).length - 1;
