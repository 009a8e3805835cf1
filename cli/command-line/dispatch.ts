import { settingsHint, useData } from '../config.ts';
import { type Command, Interrupted, type Io, UsageError } from './command.ts';
import { fileProblem } from './file-problem.ts';
import { didYouMean } from './suggestion.ts';

const PROGRAM = 'npm run --silent cli --';

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    '',
    ...lines,
    '',
    'With --data DIR a command works on the system that npm start -- --data DIR runs.',
    `More on one: ${PROGRAM} <command> --help`,
  ].join('\n');
}

/** The message with those of its causes; the stack only of an error that nobody foresaw (one without a code). */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofFile = fileProblem(error);
  if (ofFile !== undefined) return ofFile;
  if (!('code' in error)) return error.stack ?? error.message;
  const cause =
    error.cause instanceof Error && error.cause.message ? `\n  caused by: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}

const isConfigError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'config_invalid';

/** Takes `--data DIR`, which every command has, out of the others. @throws UsageError */
function dataOption(args: readonly string[]): { data: string | undefined; rest: readonly string[] } {
  const at = args.findIndex((arg) => arg === '--data' || arg.startsWith('--data='));
  if (at === -1) return { data: undefined, rest: args };
  const joined = args[at]?.startsWith('--data=');
  const data = joined ? args[at]?.slice('--data='.length) : args[at + 1];
  if (!data) throw new UsageError('--data needs a folder');
  return { data, rest: args.toSpliced(at, joined ? 1 : 2) };
}

/**
 * Runs one command line.
 * @returns the exit code: 0, 1 for a command that failed, 2 for a wrong command line, 130 or 143 after a signal
 */
export async function dispatch(
  commands: readonly Command[],
  [name, ...args]: readonly string[],
  io: Io,
): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(overview(commands));
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const names = commands.map((candidate) => candidate.name);
    const problem = `there is no command ${name}.${didYouMean(name ?? '', names)}`;
    io.err(
      name === undefined
        ? overview(commands)
        : `${problem}\n\nUsage: ${PROGRAM} <command>\nAll of them: ${PROGRAM} --help`,
    );
    return 2;
  }
  const usage = `Usage: ${PROGRAM} ${command.usage}`;
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${command.summary}\n\n${usage}`);
    return 0;
  }
  try {
    const { data, rest } = dataOption(args);
    if (data !== undefined) useData(data);
    await command.run(rest, io);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    // The synopsis alone: under a page of help the message would be gone from the terminal.
    const [synopsis] = usage.split('\n\n');
    io.err(isUsage ? `${error.message}\n\n${synopsis}\nMore: ${PROGRAM} ${name} --help` : describe(error));
    const hint = isConfigError(error) ? settingsHint() : undefined;
    if (hint !== undefined) io.err(hint);
    if (error instanceof Interrupted) return error.exitCode;
    return isUsage ? 2 : 1;
  }
}
