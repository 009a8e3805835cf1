import { isPostgresUnavailable } from '../../adapters/postgres/pool.ts';
import { Problem } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

/**
 * Codes of thrown faults → what the client is told. They are matched by `code`, because the classes belong to parts
 * that must not be imported from here.
 */
const BY_CODE: Readonly<Record<string, ProblemCode>> = {
  event_store_unavailable: 'event_store_unavailable',
  append_outcome_unknown: 'append_outcome_unknown',
  vault_unavailable: 'vault_unavailable',
  no_signing_key: 'signing_unavailable',
  password_hashing_busy: 'busy',
  user_busy: 'busy',
  wrong_expected_revision: 'conflict',
  unknown_event: 'schema_too_new',
  event_not_enabled: 'not_enabled_yet',
  clock_wrong: 'service_unavailable',
  data_key_erased: 'conflict',
  stream_deleted: 'data_unreadable',
  data_key_missing: 'data_unreadable',
  vault_key_unreadable: 'data_unreadable',
  personal_unreadable: 'data_unreadable',
};

const text = (error: object, field: string): string | undefined => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : undefined;
};

/**
 * The problem that stands for whatever was thrown. Known faults keep their meaning; everything else is an
 * `internal_error`, whose cause is for the log alone.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return new Problem('internal_error', { cause: error });
  const known = BY_CODE[text(error, 'code') ?? ''];
  if (known) return new Problem(known, { cause: error });
  if (isPostgresUnavailable(error)) return new Problem('database_unavailable', { cause: error });
  // What Express says of a request that can't be read, such as a path with a broken %-escape.
  const status: unknown = Reflect.get(error, 'status');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem('malformed_request', { cause: error });
  return new Problem('internal_error', { cause: error });
}
