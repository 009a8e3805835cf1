import { runProcess } from '../../shared/process/lifecycle.ts';

/** For a test: a process in which something warns, as drivers do of what is deprecated. */
await runProcess('warning-service', async () => {
  process.emitWarning('this way is old', 'DeprecationWarning');
  const alive = setInterval(() => undefined, 1_000);
  return { stop: async () => clearInterval(alive) };
});
