import { pino } from 'pino';

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
  'key',
  'personal',
];

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
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false }),
  );
}
