import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../../local/ports.ts';
import { ask } from '../../../support/requests/api.ts';
import { inviteMember, welcomeMember, withSession } from '../../../support/requests/staff.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../../support/servers/openid-provider.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let provider: OpenIdProvider;
let operator: string;
let url: string;

beforeAll(async () => {
  const [port] = (await freePorts(1)) as [number];
  url = `http://127.0.0.1:${port}`;
  provider = await startOpenIdProvider(`${url}/v1/staff/oidc/callback`);
  node = await startCommandNode({ settings: { PORT: String(port), PUBLIC_URL: url, ...provider.settings } });
  operator = await node.operatorToken();
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await provider.stop();
});

/** A browser's cookies, by origin. */
class Jar {
  readonly #cookies = new Map<string, Map<string, string>>();

  header(at: URL): string {
    return [...(this.#cookies.get(at.origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  take(at: URL, headers: Headers): void {
    const known = this.#cookies.get(at.origin) ?? new Map();
    this.#cookies.set(at.origin, known);
    for (const cookie of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '' || /max-age=0;|expires=Thu, 01 Jan 1970/i.test(cookie)) known.delete(name);
      else known.set(name, value);
    }
  }

  cookie(name: string): string | undefined {
    const value = this.#cookies.get(url)?.get(name);
    return value && `${name}=${value}`;
  }
}

/** Follows redirects as a browser does, until `stop` says so. Answers where it has come to. */
async function browse(jar: Jar, from: string, stop: (at: URL) => boolean): Promise<URL> {
  let at = new URL(from);
  for (let hop = 0; hop < 20; hop += 1) {
    if (stop(at)) return at;
    const response = await fetch(at, { redirect: 'manual', headers: { Cookie: jar.header(at) } });
    jar.take(at, response.headers);
    const next = response.headers.get('Location');
    if (next === null) throw new Error(`${at} answers ${response.status}: ${await response.text()}`);
    at = new URL(next, at);
  }
  throw new Error('too many redirects');
}

const atConsole = ({ pathname }: URL) => pathname === '/console';
const atCallback = ({ pathname }: URL) => pathname === '/v1/staff/oidc/callback';
const logIn = (jar: Jar) => browse(jar, `${url}/v1/staff/oidc/start`, atConsole);

describe('a log-in at the OpenID provider', () => {
  it('begins a session for the member of staff who has that email', async () => {
    const grace = await welcomeMember(url, operator, ['customers:write']);
    provider.person = { email: grace.email.toUpperCase(), email_verified: true };
    const jar = new Jar();
    const end = await logIn(jar);
    expect(end.hash).toBe('');
    const headers = withSession(jar.cookie('staff') as string);
    expect((await ask(url, '/v1/users', { body: { name: 'Ada' }, headers })).status).toBe(201);
    expect(jar.cookie('staff-oidc')).toBeUndefined();
  });

  it('lets in who was invited, and has no password yet', async () => {
    const { body } = await inviteMember(url, operator, ['customers:write']);
    provider.person = { email: String(body.email), email_verified: true };
    const jar = new Jar();
    await logIn(jar);
    expect(jar.cookie('staff')).toBeDefined();
  });

  it.each([
    [
      'nobody of the staff',
      async () => ({ email: 'stranger@example.com', email_verified: true }),
      'not_staff',
    ],
    [
      'a member whose email is not verified',
      async () => ({
        email: (await welcomeMember(url, operator, ['keys:write'])).email,
        email_verified: false,
      }),
      'not_confirmed',
    ],
    ['who refuses there', async () => undefined, 'not_confirmed'],
    [
      'who was removed',
      async () => {
        const { staffId, email } = await welcomeMember(url, operator, ['keys:write']);
        await ask(url, `/v1/staff/${staffId}`, { method: 'DELETE', token: operator });
        return { email, email_verified: true };
      },
      'not_staff',
    ],
  ])('lets nobody in: %s', async (_who, person, why) => {
    provider.person = await person();
    const jar = new Jar();
    expect((await logIn(jar)).hash).toBe(`#oidc-error=${why}`);
    expect(jar.cookie('staff')).toBeUndefined();
  });

  it('is of the browser that began it: not of one that is sent to its end, nor with another state, nor twice', async () => {
    const { email } = await welcomeMember(url, operator, ['keys:write']);
    provider.person = { email, email_verified: true };
    const mine = new Jar();
    const end = await browse(mine, `${url}/v1/staff/oidc/start`, atCallback);
    const finish = async (jar: Jar, at: URL) => (await browse(jar, at.href, atConsole)).hash;

    // An attacker's answer of the provider, in a victim's browser: one that has begun nothing, and one that has.
    expect(await finish(new Jar(), end)).toBe('#oidc-error=not_begun_here');
    const victim = new Jar();
    await browse(victim, `${url}/v1/staff/oidc/start`, atCallback);
    expect(await finish(victim, end)).toBe('#oidc-error=not_confirmed');
    expect(victim.cookie('staff')).toBeUndefined();

    const other = new URL(end);
    other.searchParams.set('state', 'x'.repeat(43));
    const again = new Jar();
    again.take(end, new Headers({ 'Set-Cookie': mine.cookie('staff-oidc') as string }));
    expect(await finish(again, other)).toBe('#oidc-error=not_confirmed');

    const replayed = new Jar();
    replayed.take(end, new Headers({ 'Set-Cookie': mine.cookie('staff-oidc') as string }));
    expect(await finish(mine, end)).toBe('');
    expect(await finish(replayed, end)).toBe('#oidc-error=not_confirmed');
    expect(replayed.cookie('staff')).toBeUndefined();
  });

  it('answers 503 while the provider is not there, and goes on once it is; without one it is not found', async () => {
    const away = await node.another({ PORT: '0', OIDC_ISSUER: 'http://127.0.0.1:9/' });
    const begin = (at: string) => ask(at, '/v1/staff/oidc/start');
    expect(await begin(away.url)).toMatchObject({
      status: 503,
      body: { code: 'identity_provider_unavailable' },
    });
    const none = await node.another({
      PORT: '0',
      OIDC_ISSUER: '',
      OIDC_CLIENT_ID: '',
      OIDC_CLIENT_SECRET: '',
    });
    expect(await begin(none.url)).toMatchObject({ status: 404 });
    await expect(node.another({ PORT: '0', OIDC_CLIENT_SECRET: '' })).rejects.toThrow(
      /set all three, or none/,
    );
    await expect(node.another({ PORT: '0', OIDC_ISSUER: 'http://login.example.com' })).rejects.toThrow(
      /https/,
    );
  });
});
