/** Something that time alone makes due. */
export interface DueJob {
  /** For logs and metrics. */
  readonly name: string;
  /**
   * Looks for what is due and does it, until the signal aborts. A repeat must be harmless: whoever led before may still be at
   * work on the same.
   * @param now milliseconds since 1970
   * @returns how many it has done
   */
  run(now: number, signal: AbortSignal): Promise<number>;
}
