import { ConfigError } from '../config.ts';
import { flushLogs, logOutput } from './log-output.ts';
import { createLogger } from './logger.ts';

/** Something that runs until it is stopped. `stop` resolves when everything that it began is finished or undone. */
export interface Running {
  stop(): Promise<void>;
  /** Rejects if it can't go on by itself; then the process ends, and whoever supervises it starts it again. */
  readonly failed?: Promise<never>;
}

export interface LifecycleOptions {
  /** Longer than this a stop does not take; default 20 s. */
  readonly deadlineMs?: number;
}

const EXIT_FAILED = 1;
/** sysexits.h: the configuration is wrong, so starting again changes nothing. */
const EXIT_CONFIG = 78;

/**
 * Runs a service's process: starts it, waits for SIGTERM or SIGINT, stops it, and ends with code 0. Code 78 for
 * wrong settings, 1 for everything else: a start that failed, a fault that nobody caught, a stop that took too
 * long. Called by a service's main.ts, and by the tool for a command that is a service; by nothing else.
 */
export async function runProcess(
  service: string,
  start: () => Promise<Running>,
  options: LifecycleOptions = {},
): Promise<void> {
  const logger = createLogger({ service, level: 'info' });
  const end = (code: number) => flushLogs(() => process.exit(code));
  const fail = (event: string) => (error: unknown) => {
    logger.fatal({ err: error }, event);
    end(EXIT_FAILED);
  };
  // Node's own listener would write them to standard error as text, where nobody collects it.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => logger.warn({ err: warning }, 'process_warning'));
  process.on('uncaughtException', fail('uncaught_exception'));
  process.on('unhandledRejection', fail('unhandled_rejection'));
  const { promise: asked, resolve: ask } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ask(signal));

  let running: Running;
  try {
    running = await start();
  } catch (error) {
    if (!(error instanceof ConfigError)) return fail('start_failed')(error);
    logOutput(2).write(`${service}: ${error.message}\n`);
    return end(EXIT_CONFIG);
  }
  running.failed?.catch(fail('service_failed'));
  logger.info({ signal: await asked }, 'stopping');
  const deadline = options.deadlineMs ?? 20_000;
  setTimeout(
    () => fail('stop_took_too_long')(new Error(`not stopped after ${deadline} ms`)),
    deadline,
  ).unref();
  try {
    await running.stop();
  } catch (error) {
    return fail('stop_failed')(error);
  }
  logger.info('stopped');
  end(0);
}
