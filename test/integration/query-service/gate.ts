import type { PausePoint } from '../../../query-service/validation/views/loading.ts';

/** Holds the loads of a node at one point, until the test lets them go. */
export class Gate {
  #held: PausePoint | undefined;
  #arrived = Promise.withResolvers<void>();
  #open = Promise.withResolvers<void>();

  /** For the node. */
  readonly pause = async (point: PausePoint): Promise<void> => {
    if (point !== this.#held) return;
    this.#arrived.resolve();
    await this.#open.promise;
  };

  /** From now on, who comes to `point` waits there. */
  hold(point: PausePoint): void {
    this.#held = point;
    this.#arrived = Promise.withResolvers();
    this.#open = Promise.withResolvers();
  }

  /** Resolves when somebody waits. */
  arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  release(): void {
    this.#held = undefined;
    this.#open.resolve();
  }
}
