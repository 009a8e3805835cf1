/**
 * What an error of PostgreSQL asks for. The one place that reads SQLSTATEs:
 *
 * - `unavailable`: the server can't do this now, whatever the statement is; the same may succeed later, on another
 *   connection. Connection failures (class 08), too few resources (53), shutdowns and time-outs (57), a transaction that
 *   was ended because this process was silent in it (25P03), and a server that has become read-only (25006): after a
 *   failover the old connections still lead to the demoted one. So are connections that can't be opened because a
 *   certificate has expired or a password is being replaced (28), or because the database is being restored (3D000).
 * - `repeat`: it was rolled back for the sake of another transaction (serialization failure, deadlock, a conflict with a
 *   replica's recovery), and may be repeated at once.
 * - `unprepared`: the statement that was prepared under a name is of no use any more: its tables got another column
 *   (0A000, "cached plan must not change result type"), or a pooler in transaction mode has given this client another
 *   connection (26000: not there; 42P05: there already). Without the name it runs.
 * - `denied`: this role may not (42501).
 * - `refused`: the statement itself is wrong.
 */
export type PostgresFault = 'unavailable' | 'repeat' | 'unprepared' | 'denied' | 'refused';

const UNAVAILABLE_STATE = /^(08|28|53|57)|^(25006|25P03|3D000)$/;
const REPEAT_STATES = new Set(['40001', '40P01']);
const UNPREPARED_STATES = new Set(['26000', '42P05']);
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
/** What Node says of a handshake and of a certificate: OpenSSL's names of what it finds wrong, and Node's own. */
const TLS_CODE =
  /^(ERR_(SSL|TLS)_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|(DEPTH_ZERO_)?SELF_SIGNED_|INVALID_(CA|PURPOSE)$|EPROTO$)/;
const UNAVAILABLE_MESSAGE =
  /timeout|Connection terminated|not queryable|Client has encountered a connection error|SSL connection/i;

const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Undefined for what is no error of PostgreSQL or of the way to it. */
export function postgresFault(error: unknown): PostgresFault | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError)
    return error.errors.some(isPostgresUnavailable) ? 'unavailable' : undefined;
  const code = codeOf(error);
  if (code === undefined) return UNAVAILABLE_MESSAGE.test(error.message) ? 'unavailable' : undefined;
  if (UNAVAILABLE_STATE.test(code) || UNAVAILABLE_CODES.has(code) || TLS_CODE.test(code))
    return 'unavailable';
  if (REPEAT_STATES.has(code)) return 'repeat';
  if (UNPREPARED_STATES.has(code)) return 'unprepared';
  if (code === '0A000' && error.message.startsWith('cached plan')) return 'unprepared';
  if (code === '42501') return 'denied';
  return /^[0-9A-Z]{5}$/.test(code) ? 'refused' : undefined;
}

/** True if the same may succeed later, as opposed to a statement that is wrong. */
export function isPostgresUnavailable(error: unknown): boolean {
  const fault = postgresFault(error);
  return fault === 'unavailable' || fault === 'repeat' || fault === 'unprepared';
}
