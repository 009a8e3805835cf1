import { exitIfOutputIsStuck } from '../../shared/process/stuck-output.ts';
import { Interrupted } from './command.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs `work` with a signal that aborts at Ctrl-C or SIGTERM. Its reason is an {@link Interrupted} with the exit code:
 * work that stopped early brings what it has to a good end and throws that (`signal.throwIfAborted()`), or another with
 * more to say. A second Ctrl-C ends the process at once, as it always does.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const handlers = Object.entries(SIGNALS).map(([name, exitCode]) => {
    const handler = () => {
      stop.abort(new Interrupted('interrupted', exitCode));
      exitIfOutputIsStuck(exitCode);
    };
    process.once(name, handler);
    return [name, handler] as const;
  });
  try {
    return await work(stop.signal);
  } finally {
    for (const [name, handler] of handlers) process.off(name, handler);
  }
}
