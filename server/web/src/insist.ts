// Requests that get through where most packets are lost: TCP waits longer after each loss, and one that was unlucky waits
// for seconds. A second request on another connection is faster than the patience of the first.

/** How long the first try has for itself before a second one joins it, in ms, and how the pauses between tries grow. */
export const HEDGE = 120;
const GROWTH = 1.4;
/** Browsers open six connections to a server. */
const TRIES = 6;
/** A try lasts for so many of the pauses that follow it. */
const LIFE = 12;

/**
 * Sends until an answer comes, with a growing number of tries under way at the same time; the first answer ends them all.
 * What is sent must be idempotent. Rejects when no try is left: at once if the server refuses the connection.
 *
 * @param send sends once; the signal fires when the try has had its time or is needed no more
 * @param pause resolves after the time in ms or as soon as one of the signals fires
 */
export function insist<T>(
  send: (signal: AbortSignal) => Promise<T>,
  pause: (time: number, signals: readonly AbortSignal[]) => Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    let flying = 0;
    const settle = (act: () => void) => {
      act();
      over.abort();
    };
    const fly = async (life: number) => {
      const own = new AbortController();
      void pause(life, [over.signal, signal]).then(() => own.abort());
      flying++;
      try {
        const answer = await send(own.signal);
        settle(() => resolve(answer));
      } catch (e) {
        if (--flying === 0) settle(() => reject(e));
      }
    };
    void (async () => {
      let gap = HEDGE;
      for (let n = 0; n < TRIES && !over.signal.aborted && !signal.aborted; n++, gap *= GROWTH) {
        void fly(gap * LIFE);
        await pause(gap, [over.signal, signal]);
      }
    })();
    if (signal.aborted) settle(() => reject(signal.reason));
  });
}
