import { expect } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { type ApiAnswer, type ApiRequest, ask } from '../../support/requests/api.ts';

/** Asks, and holds a good answer against what the route's definition says of it. */
export async function askChecked(
  url: string,
  resource: string,
  request: ApiRequest = {},
): Promise<ApiAnswer> {
  const answer = await ask(url, resource, request);
  const method = (request.method ?? (request.body === undefined ? 'GET' : 'POST')).toLowerCase();
  const route = commandRoutes.find(
    ({ method: its, path }) =>
      its === method && new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(resource),
  );
  if (!route || answer.status >= 400) return answer;
  const spec = route.answers[answer.status];
  expect(spec, `${answer.status} of ${route.path}`).toBeDefined();
  if (spec?.body) spec.body.parse(answer.body);
  for (const name of Object.keys(spec?.headers ?? {})) expect(answer.headers.get(name), name).not.toBeNull();
  return answer;
}

/** `POST` as most commands are asked. */
export const postTo =
  (url: () => string) =>
  (resource: string, token: string | undefined, body: unknown = {}, headers: Record<string, string> = {}) =>
    askChecked(url(), resource, { method: 'POST', token, body, headers });
