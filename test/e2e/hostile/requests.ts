import { randomUUID } from 'node:crypto';
import { type Endpoint, endpoints, written } from '../../fuzz/document.ts';

/** A request as it is sent, with its text for messages. */
export interface HostileRequest {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | undefined;
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** Operations that let nobody in who does not show who they are. A license's validation answers everybody, also who forges. */
export const guarded = endpoints.filter(
  ({ security, operationId }) =>
    security.length > 0 && !operationId.startsWith('validateLicense') && operationId !== 'issueToken',
);

/** An operation's own example, with these values in their places: of paths, queries and bodies. */
export function exampleWith(
  endpoint: Endpoint,
  credentials: Readonly<Record<string, string>>,
  inPath: (place: string) => string,
  fields: Readonly<Record<string, string>>,
): HostileRequest {
  const path = endpoint.path.replaceAll(
    /(\w[\w-]*)\/\{(\w+)\}/g,
    (_all, place: string) => `${place}/${encodeURIComponent(inPath(place))}`,
  );
  const query = endpoint.parameters
    .filter(({ in: place, name }) => place === 'query' && name in fields)
    .map(({ name }) => `${name}=${encodeURIComponent(fields[name] as string)}`);
  const content = Object.values(endpoint.requestBody?.content ?? {})[0];
  const example = content?.example as Record<string, unknown> | undefined;
  const { properties = {} } = content?.schema ?? {};
  const taken = Object.entries(fields).filter(([name]) => name in properties);
  const sent = content && written(endpoint, { ...example, ...Object.fromEntries(taken) });
  return {
    endpoint,
    path: `${path}${query.length > 0 ? '?' : ''}${query.join('&')}`,
    headers: {
      'Idempotency-Key': randomUUID(),
      ...credentials,
      ...(sent && { 'Content-Type': sent.type }),
    },
    text: sent?.text,
  };
}

export async function send(url: string, { endpoint, path, headers, text }: HostileRequest) {
  const response = await fetch(`${url}${path}`, {
    method: endpoint.method,
    headers,
    redirect: 'manual',
    ...(text !== undefined && { body: text }),
  });
  return { status: response.status, text: await response.text() };
}

/** Does the work on all of them, a few at a time. */
export async function inGroups<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  while (left.length > 0) await Promise.all(left.splice(0, 10).map(work));
}
