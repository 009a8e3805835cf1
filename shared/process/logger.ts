import { pino } from 'pino';
import { logOutput } from './log-output.ts';

export type Logger = pino.Logger;

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Where the lines go; standard output unless given. */
  readonly destination?: pino.DestinationStream;
}

/** Fields that may hold a secret or a person's data, wherever a log line carries them. */
const SECRET_FIELDS = [
  'password',
  'new_password',
  'passwordHash',
  'email',
  'access_token',
  'activation_key',
  'authorization',
  'cookie',
  'token',
  'secret',
  'client_secret',
  'license_key',
  'key',
  'personal',
];

/** Of the errors that one error stands for. */
const MAX_ERRORS = 5;

/**
 * An error's type, code, message and stack, its causes included, and those of the errors it stands for. Nothing else:
 * drivers hang statements, arguments and rows on their errors, and the body parser hangs the body.
 */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = pino.stdSerializers.err(error);
  const code = 'code' in error ? { code: error.code } : {};
  const errors =
    error instanceof AggregateError ? { errors: error.errors.slice(0, MAX_ERRORS).map(errorFields) } : {};
  return { type, ...code, message, stack, ...errors };
}

/**
 * The one logger set-up: JSON lines, events with fields (`logger.info({ user_id }, 'user_erased')`).
 * Fields named like a secret are replaced at the top level and one level down.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    },
    options.destination ?? logOutput(1),
  );
}
