/** Wakes whoever sleeps on it. */
export class Bell {
  #next = new AbortController();

  get signal(): AbortSignal {
    return this.#next.signal;
  }

  ring(): void {
    const now = this.#next;
    this.#next = new AbortController();
    now.abort();
  }
}
