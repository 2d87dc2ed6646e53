/** How long a trouble may last before the player stops hurrying, in ms: time enough to restart a machine. */
export const HURRY = 120_000;

/**
 * The pause before a try, in ms. The first try comes at once; then the pause doubles from 250 ms up to 1 s while the
 * trouble is young, up to 15 s when it is old. Half of it is chance, so that viewers who were cut off together do not come
 * back together.
 *
 * @param tries how many tries failed since media last flowed
 * @param age how long the trouble has lasted, in ms
 * @param random in [0, 1)
 */
export function backoff(tries: number, age: number, random: number): number {
  if (tries <= 0) return 0;
  const young = age < HURRY;
  const step = young ? tries - 1 : Math.log2((age / HURRY) * 4) + 1;
  const most = Math.min(250 * 2 ** step, young ? 1000 : 15_000);
  return most * (0.5 + random / 2);
}
