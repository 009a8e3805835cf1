import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ALL_SCOPES } from '../../../shared/tokens/scopes.ts';
import { ask } from '../../support/requests/api.ts';
import { welcomeMember, withSession } from '../../support/requests/staff.ts';
import type { LaunchedStack } from '../../support/stack.ts';
import { WITHOUT_LIMITS } from '../../support/without-limits.ts';
import { newHolder, placesOf } from './holder.ts';
import { bearer } from './requests.ts';

/** What nobody should ever read, by what it is. */
export type Secrets = Map<string, string>;

const secret = (): string => `planted-${randomBytes(12).toString('hex')}`;

/** What every spoiled request holds. No error repeats it. */
export const IN_REQUESTS = `Sw0rdfish-${randomUUID()}`;

/** Settings that hold secrets, of servers that are there and of some that are not: what fails is what gets written down. */
export const plantedSettings = (collectorUrl: string) => ({
  ...WITHOUT_LIMITS,
  LOG_LEVEL: 'trace',
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret()}`,
  OIDC_ISSUER: `http://127.0.0.1:9/${secret()}`,
  OIDC_CLIENT_ID: 'license-system',
  OIDC_CLIENT_SECRET: secret(),
});

type Settings = ReturnType<typeof plantedSettings>;

/** Those of the settings and of the files that the launcher made. */
export function serverSecrets(data: string, settings: Settings): Secrets {
  const file = (name: string) => readFileSync(path.join(data, 'keys', name), 'utf8').trim();
  const privateKeys = [...file('keyring.json').matchAll(/"d":\s*"([^"]+)"/g)].map(([, key]) => key as string);
  return new Map([
    ["the collector's token", settings.OTEL_EXPORTER_OTLP_HEADERS.slice('authorization=Bearer%20'.length)],
    ["the OpenID client's secret", settings.OIDC_CLIENT_SECRET],
    ["PostgreSQL's password", file('postgres.password')],
    ['the master key', file('master.key')],
    ...privateKeys.map((key, n) => [`signing key ${n + 1}`, key] as const),
  ]);
}

const GIVES_ACCESS = /^(.*_)?(token|secret|ticket|codes)$|^(license|activation)_key$|^totp_/;

/** Every text in an answer under a name that says that it gives access. */
export function givenAway(body: unknown, found: Secrets, under = ''): void {
  if (typeof body === 'object' && body !== null) {
    for (const [name, value] of Object.entries(body))
      givenAway(value, found, Array.isArray(body) ? under : name);
  } else if (typeof body === 'string' && body.length >= 10 && GIVES_ACCESS.test(under)) {
    found.set(`an answer's ${under}: ${body.slice(0, 6)}… (${found.size})`, body);
  }
}

/** People with something of everything; what they know goes into the secrets. */
export async function plantPeople({ url, tool }: LaunchedStack, secrets: Secrets) {
  const operator = await tool('token', '--role', 'operator', '--subject', 'test', '--expires-in', '60');
  const customer = await newHolder(url);
  const member = await welcomeMember(url, operator, ALL_SCOPES);
  const made = async (resource: string, body: object) => {
    const answer = await ask(url, resource, { token: operator, body });
    givenAway(answer.body, secrets);
    return answer.body as Record<string, string>;
  };
  const account = await made('/v1/service-accounts', { name: 'billing', scopes: ALL_SCOPES });
  const key = await made(`/v1/service-accounts/${account.service_account_id}/keys`, {});
  const hook = `http://127.0.0.1:9/${secret()}`;
  const webhook = await made('/v1/webhooks', { url: hook });
  const basic = Buffer.from(`${account.service_account_id}:${key.secret}`).toString('base64');
  const session = member.cookie.slice(member.cookie.indexOf('=') + 1);
  const own: Readonly<Record<string, string>> = {
    'what a request held': IN_REQUESTS,
    'an access token': customer.token,
    'an activation key': customer.activationKey,
    'a license key': customer.licenseKey,
    "an operator's token": operator,
    "a service account's credentials": basic,
    'a session': session,
    "a customer's password": customer.password,
    "a customer's email": customer.email,
    "a member's password": member.password,
    "a member's email": member.email,
    "a member's TOTP secret": member.totpSecret,
    'a recovery code': String(member.recoveryCodes[0]),
    "a webhook's address": hook,
  };
  for (const [name, value] of Object.entries(own)) secrets.set(name, value);
  const places: Readonly<Record<string, string>> = {
    ...placesOf(customer),
    ...{ 'service-accounts': String(account.service_account_id), webhooks: String(webhook.webhook_id) },
  };
  return {
    places,
    credentials: [
      ...[customer.token, operator, customer.activationKey, customer.licenseKey].map(bearer),
      { Authorization: `Basic ${basic}` },
      withSession(member.cookie),
    ] as readonly Readonly<Record<string, string>>[],
  };
}
