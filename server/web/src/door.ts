// The door to the stage: what is told of it waits here until those who show it have come. A show without a stage never fetches them.

import { signal } from "@preact/signals";
import { pause } from "./request";
import type { Frame, Joined } from "./roomwire";
import type { Stage } from "./stage";
import type { Store } from "./store";

/** What could not be fetched is fetched again after so long, in ms. */
const AGAIN = 5000;

export class Door {
  /** The stage; undefined as long as there is nothing on it. */
  readonly stage = signal<Stage | undefined>(undefined);
  #waiting: (Joined | Frame)[] = [];
  #coming = false;

  constructor(private readonly store: Store) {}

  /** Takes what the room tells. */
  hear(news: Joined | Frame): void {
    if (this.stage.value) return this.stage.value.hear(news);
    if (news.type === "joined") this.#waiting = [];
    const told = news.stage ?? (news.type === "joined" ? news.state.stage : news.events.some((e) => e.staged ?? e.battled));
    if (!told && this.#waiting.length === 0) return;
    this.#waiting.push(news);
    if (!this.#coming) void this.#fetch();
  }

  /** Another show begins. */
  enter(): void {
    this.#waiting = [];
    this.stage.value?.enter();
  }

  async #fetch(): Promise<void> {
    this.#coming = true;
    while (!this.stage.value) {
      try {
        const { open } = await import("./stage");
        const stage = await open(this.store);
        for (const news of this.#waiting) stage.hear(news);
        this.#waiting = [];
        this.stage.value = stage;
      } catch {
        await pause(AGAIN, []);
      }
    }
  }
}
