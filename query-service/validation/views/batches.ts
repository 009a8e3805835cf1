interface Waiting<Q, A> {
  readonly question: Q;
  readonly answered: PromiseWithResolvers<A>;
}

export interface BatchesOptions<Q, A> {
  /** Answers all questions, in order. */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  /** Most questions of one batch. */
  readonly size: number;
  /** Most batches under way. */
  readonly atOnce: number;
}

/**
 * Asks many questions in few round trips: those of one turn of the event loop go together, and so do those that came
 * while as many batches as may be were under way. One question alone is asked without waiting for others.
 */
export class Batches<Q, A> {
  readonly #options: BatchesOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(options: BatchesOptions<Q, A>) {
    this.#options = options;
  }

  /** @throws what asking the batch threw */
  ask(question: Q): Promise<A> {
    const answered = Promise.withResolvers<A>();
    this.#waiting.push({ question, answered });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#send();
      });
    }
    return answered.promise;
  }

  #send(): void {
    const { size, atOnce } = this.#options;
    while (this.#waiting.length > 0 && this.#underWay < atOnce) {
      const batch = this.#waiting.slice(0, size);
      this.#waiting = this.#waiting.slice(size);
      void this.#sendBatch(batch);
    }
  }

  async #sendBatch(batch: readonly Waiting<Q, A>[]): Promise<void> {
    this.#underWay += 1;
    try {
      const answers = await this.#options.ask(batch.map(({ question }) => question));
      batch.forEach(({ answered }, i) => {
        answered.resolve(answers[i] as A);
      });
    } catch (error) {
      for (const { answered } of batch) answered.reject(error);
    }
    this.#underWay -= 1;
    this.#send();
  }
}
