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
  event_not_enabled: 'service_unavailable',
  data_key_erased: 'conflict',
  data_key_missing: 'data_unreadable',
  vault_key_unreadable: 'data_unreadable',
  personal_unreadable: 'data_unreadable',
};

/** Failures of Express and of its body parser, by their `type`; anything else of them by its status. */
const BY_PARSER: Readonly<Record<string, ProblemCode>> = {
  'entity.parse.failed': 'malformed_json',
  'entity.verify.failed': 'malformed_json',
  'entity.too.large': 'body_too_large',
  'encoding.unsupported': 'unsupported_media_type',
  'charset.unsupported': 'unsupported_media_type',
  'request.aborted': 'malformed_request',
  'request.size.invalid': 'malformed_request',
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
  const known = BY_CODE[text(error, 'code') ?? ''] ?? BY_PARSER[text(error, 'type') ?? ''];
  if (known) return new Problem(known, { cause: error });
  if (isPostgresUnavailable(error)) return new Problem('database_unavailable', { cause: error });
  // What Express and its parsers say of a request that can't be read, such as a path with a broken %-escape.
  const status: unknown = Reflect.get(error, 'status');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem('malformed_request', { cause: error });
  return new Problem('internal_error', { cause: error });
}
