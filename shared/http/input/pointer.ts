/** Where a value stood in the request. */
export type Place = 'body' | 'query' | 'path' | 'header';

const MAX_NAME = 64;

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');

const shorten = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name);

/** `/password` in the body (RFC 6901), `?client_id` in the query, `{id}` in the path, `Idempotency-Key:` in the headers. */
export function pointerTo(place: Place, path: readonly PropertyKey[]): string {
  const names = path.map((part) => shorten(String(part)));
  switch (place) {
    case 'body':
      return names.map((name) => `/${escapeToken(name)}`).join('');
    case 'query':
      return `?${names.join('.')}`;
    case 'path':
      return `{${names.join('.')}}`;
    case 'header':
      return `${names.join('.')}:`;
    default:
      return place satisfies never;
  }
}
