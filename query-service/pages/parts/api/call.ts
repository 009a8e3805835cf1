/** A request to the API, before anybody's credentials are added. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query, such as `/v1/users?email=ada%40example.com`. */
  readonly path: string;
  readonly body?: unknown;
  /** `If-Match`: the ETag of what the caller looked at. */
  readonly ifMatch?: string | undefined;
  /** Of a command: the same for each attempt, another one for what is meant as another command. */
  readonly idempotencyKey?: string | undefined;
  /** The answer must be as new as this `Event-Position`. */
  readonly minPosition?: string | undefined;
}

/** Headers of a call without credentials. */
export const headersOf = (call: Call): Record<string, string> => ({
  ...(call.ifMatch !== undefined && { 'If-Match': call.ifMatch }),
  ...(call.idempotencyKey !== undefined && { 'Idempotency-Key': call.idempotencyKey }),
  ...(call.minPosition !== undefined && { 'Min-Event-Position': call.minPosition }),
});

/** A path with its query; what is undefined or empty is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The call as somebody would type it in a shell (curl 7.82 or newer, for `--json`). The token is a variable, so that no
 * copy of the text holds one.
 */
export function curlOf(call: Call, origin: string): string {
  const target =
    call.path.includes('?') || /[^\w/.:-]/.test(call.path) ? quoted(origin + call.path) : origin + call.path;
  const method = call.method === (call.body === undefined ? 'GET' : 'POST') ? [] : [`-X ${call.method}`];
  const headers = Object.entries(headersOf(call)).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const body = call.body === undefined ? [] : [`--json ${quoted(JSON.stringify(call.body))}`];
  return [
    `curl -s ${[...method, target].join(' ')}`,
    '-H "Authorization: Bearer $token"',
    ...headers,
    ...body,
  ].join(' \\\n  ');
}
