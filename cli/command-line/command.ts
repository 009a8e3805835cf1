import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from './suggestion.ts';

/** Where a command writes: its result to `out`, everything else to `err`. Each call is one line. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** True where people read `out`, and not a program. */
  readonly isTerminal?: boolean;
}

/** One command of the tool; each is a file of its own, named in main.ts. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** @throws UsageError the arguments are wrong; anything else that is thrown failed the command */
  run(args: readonly string[], io: Io): Promise<void>;
}

/** The command line is wrong: exit code 2, with the command's usage. */
export class UsageError extends Error {
  readonly code = 'usage';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

/** A signal ended the command before it was done: the shell's exit code for that, 128 and the signal's number. */
export class Interrupted extends Error {
  readonly code = 'interrupted';
  readonly exitCode: number;
  constructor(message: string, exitCode = 130) {
    super(message);
    this.name = 'Interrupted';
    this.exitCode = exitCode;
  }
}

/**
 * node:util's parseArgs, strict: an unknown option or a missing value is a usage error.
 * @throws UsageError
 */
export function parseOptions<T extends ParseArgsConfig>(
  args: readonly string[],
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs<T>({ ...config, args: [...args] });
  } catch (error) {
    throw new UsageError(inWords(error, Object.keys(config.options ?? {})), { cause: error });
  }
}

/** What parseArgs finds wrong, in a sentence. */
function inWords(error: unknown, options: readonly string[]): string {
  if (!(error instanceof Error)) return String(error);
  const [, name = ''] = /'(?:-\w, )?(--?[\w-]+)/.exec(error.message) ?? [];
  switch (Reflect.get(error, 'code')) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION': {
      const long = options.map((option) => `--${option}`);
      return `there is no option ${name}.${didYouMean(name, long)}`;
    }
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `unexpected argument ${/'(.*?)'/s.exec(error.message)?.[1]}`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      if (error.message.includes('does not take')) return `${name} takes no value`;
      return `${name} needs a value; one that begins with "-" is written ${name}=-…`;
    default:
      return error.message;
  }
}
