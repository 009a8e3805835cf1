import { once } from 'node:events';
import path from 'node:path';
import { ConfigError } from '../shared/config.ts';
import { exitIfOutputIsStuck } from '../shared/process/stuck-output.ts';
import { playDay } from './day/day.ts';
import { stageOf } from './day/stage.ts';
import { HELP, type Options, readOptions, UsageError } from './options.ts';
import { NotReady } from './processes/supervisor.ts';
import { StartRefused } from './refused.ts';
import { ProgramsMissing } from './servers/programs.ts';
import { startStack } from './stack.ts';
import { takeTour } from './tour/tour.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Aborted by the first Ctrl-C or SIGTERM; further ones change nothing, so that stopping is not cut short. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
// Without a listener the next line would end this process, and leave everything running that it started. Whoever read
// the output is gone (`npm start | head`, a closed terminal): all of it stops. A full disk costs the line alone.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || code === 'EIO') stopping.abort();
  });
}
const stopRequested = once(stopping.signal, 'abort');

async function run(options: Options): Promise<void> {
  const stack = await startStack(options, say, stopping.signal);
  try {
    if (options.show === 'tour') await Promise.race([takeTour(stack, say), stopRequested]);
    if (options.show === 'day') {
      await Promise.race([stageOf(stack, say).then(playDay), stopRequested]);
      return;
    }
    if (!stopping.signal.aborted) {
      say(
        `\nRunning on ${stack.url} (account, console, API)   logs: ${path.join(options.data, 'logs')}   Ctrl-C stops it.`,
      );
    }
    await stopRequested;
  } finally {
    say('\nStopping …');
    await stack.stop();
    exitIfOutputIsStuck(0);
    say('Stopped. The data is kept; the next start finds it again.');
  }
}

try {
  const options = readOptions(process.argv.slice(2), process.env, path.resolve(import.meta.dirname, '..'));
  if (options) await run(options);
  else process.stdout.write(HELP);
} catch (error) {
  if (stopping.signal.aborted && error === stopping.signal.reason) process.exit(130);
  const expected = [UsageError, StartRefused, ProgramsMissing, ConfigError, NotReady].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `${expected ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
