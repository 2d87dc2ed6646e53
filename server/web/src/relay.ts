import type { Event } from "./events";
import type { Session, World } from "./session";
import { Watch } from "./watch";

/** A session that was left for a new one may still come back for so long after its last media, in ms. */
const KEPT = 20_000;
/** The new one must bring media within, in ms. */
const PROMISE = 8000;
/** A session, and what its samples say. */
export interface Visit {
  readonly session: Session;
  readonly watch: Watch;
}

/** The new session brought no media. */
export class Silence extends Error {}

/**
 * Leads from one session to the next: the old one is closed when the new one brings media, not before, because silence is
 * not the end. Its last picture stays meanwhile, and it may come back.
 */
export class Relay {
  #kept: Visit | undefined;

  /**
   * @param told gets what the server tells within the sessions
   * @param look takes a sample of a session and tells whether media flowed since the one before
   */
  constructor(
    private readonly world: World,
    private readonly told: (e: Event, by: Session) => void,
    private readonly look: (v: Visit) => Promise<boolean>,
  ) {}

  /** Takes a session that is left: it may come back if it was silent and ever brought media. */
  leave(visit: Visit): void {
    if (visit.session.link() === "lost" || !visit.watch.moved) return visit.session.close();
    this.release();
    this.#kept = visit;
  }

  /** Gives up the session before. */
  release(): void {
    this.#kept?.session.close();
    this.#kept = undefined;
  }

  /** Joins, or goes back to the session before: whichever brings media first. */
  async enter(signal: AbortSignal): Promise<Visit> {
    const kept = this.#kept;
    if (!kept) return this.#join(signal);
    const race = new AbortController();
    signal.addEventListener("abort", () => race.abort(), { signal: race.signal });
    const fresh = this.#join(race.signal).then((v) => this.#delivers(v, race.signal));
    let first: Visit | undefined;
    try {
      return (first = await Promise.race([fresh, this.#revives(kept, race.signal)]));
    } finally {
      race.abort();
      fresh.then((v) => v === first || v.session.close()).catch(() => undefined);
      if (first === kept) this.#kept = undefined;
      else if (first) this.release();
    }
  }

  async #join(signal: AbortSignal): Promise<Visit> {
    const session = await this.world.join(signal);
    session.onevent = (e) => this.told(e, session);
    return { session, watch: new Watch(this.world.now()) };
  }

  /** Waits for the first packets of a new session. */
  async #delivers(visit: Visit, signal: AbortSignal): Promise<Visit> {
    const { session, watch } = visit;
    while (!signal.aborted && session.link() !== "lost" && this.world.now() - watch.startedAt < PROMISE) {
      const { audioPackets, videoPackets } = await session.sample();
      if (audioPackets + videoPackets > 0) return visit;
      await this.world.pause(100, [signal]);
    }
    session.close();
    throw new Silence();
  }

  /** Waits until media flows again in a session that stalled; for ever if it does not. */
  async #revives(kept: Visit, signal: AbortSignal): Promise<Visit> {
    const { session, watch } = kept;
    while (!signal.aborted && session.link() !== "lost" && this.world.now() - watch.movedAt < KEPT) {
      if (await this.look(kept)) return kept;
      await this.world.pause(250, [signal]);
    }
    return new Promise(() => undefined);
  }
}
