/** Does something each `ms`, but not while it is still being done, until it is stopped. What fails is told, and done again. */
export function repeat(
  ms: number,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): { stop(): void } {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    work()
      .catch(failed)
      .finally(() => {
        busy = false;
      });
  }, ms);
  return { stop: () => clearInterval(timer) };
}
