import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../../cli/command-line/dispatch.ts';
import { plans as command } from '../../../cli/commands/plans.ts';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import { showCatalogue } from '../../../shared/catalogue/shown.ts';
import { SELF_SERVICE } from '../../support/catalogues.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-plans-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
}

async function plans(...args: string[]) {
  const written = { out: '', err: '' };
  const status = await dispatch([command], ['plans', ...args], {
    out: (line) => {
      written.out += `${line}\n`;
    },
    err: (line) => {
      written.err += `${line}\n`;
    },
  });
  return { status, ...written };
}

const PRO = {
  maxClients: 10,
  entitlements: ['core'],
  graceDays: 7,
  onExpiry: 'restrict',
  leaseHours: 72,
  validationsPerMinute: 600,
  replacementsPerMonth: null,
  startedBy: 'staff',
};
const studio = (pro: object) =>
  JSON.stringify({ products: { studio: { plans: { pro: { ...PRO, ...pro } } } } });

describe('plans check', () => {
  it('says that a catalogue is good, and how much it has', async () => {
    const good = file('good.json', studio({}));
    expect(await plans('check', good)).toEqual({
      status: 0,
      out: '',
      err: `${good} is good: 1 product, 1 plan.\n`,
    });
    expect((await plans('check')).err).toBe('The default catalogue is good: 1 product, 4 plans.\n');
  });

  it('checks the file of the settings unless one is named', async () => {
    vi.stubEnv('PLAN_CATALOGUE_FILE', SELF_SERVICE);
    expect((await plans('check')).err).toContain(SELF_SERVICE);
    vi.unstubAllEnvs();
  });

  it('names the place of every mistake, and says nothing of settings', async () => {
    const wrong = file('wrong.json', studio({ maxClients: 0, seats: 3 }));
    expect(await plans('check', wrong)).toEqual({
      status: 1,
      out: '',
      err: [
        `${wrong} can't be served:`,
        '  products.studio.plans.pro.maxClients: expected at least 1',
        '  products.studio.plans.pro.seats: unknown field',
        '',
      ].join('\n'),
    });
  });

  it('finds a plan that is there twice, of which one would be gone', async () => {
    const twice = file('twice.json', '{"products":{"app":{"plans":{"pro":{},"pro":{}}}}}');
    expect((await plans('check', twice)).err).toContain('products.app.plans.pro is there twice');
  });

  it('says whether the file is missing, or not JSON', async () => {
    expect((await plans('check', 'nowhere.json')).err).toBe(
      "nowhere.json can't be served:\n  there is no such file\n",
    );
    expect((await plans('check', file('cut.json', '{"products":'))).err).toContain('it is not JSON (');
  });

  it('prints the new form of a file from before there were products', async () => {
    const { replacementsPerMonth: _, ...terms } = PRO;
    const old = file('old.json', JSON.stringify({ pro: { ...terms, startedBy: 'operator' } }));
    const { status, out, err } = await plans('check', old);
    expect(status).toBe(0);
    expect(err).toContain('form from before there were products');
    expect((await plans('check', file('new.json', out))).err).toMatch(/is good: 1 product, 1 plan\.\n$/);
  });
});

describe('plans show', () => {
  it('prints a line a plan, with units', async () => {
    const priced = file('priced.json', studio({ price: { amount: 2_900, currency: 'EUR', months: 1 } }));
    const [, pro] = (await plans('show', priced)).out.split('\n');
    expect(pro?.split('\t')).toEqual([
      ...[
        'studio',
        'pro',
        '10',
        'core',
        '7 d',
        'restrict',
        '72 h',
        'no limit',
        '€29.00 a month',
        '',
        'staff',
      ],
    ]);
  });

  it('knows currencies without minor units', async () => {
    const yen = file('yen.json', studio({ price: { amount: 5_000, currency: 'JPY', months: 12 } }));
    expect((await plans('show', yen)).out).toContain('¥5,000 for 12 months');
  });

  it('shows what the API shows', async () => {
    expect(JSON.parse((await plans('show', '--json')).out)).toEqual(showCatalogue(readCatalogue()));
  });
});

describe('plans compare', () => {
  it('shows what the file has other than the catalogue in use', async () => {
    const { status, out, err } = await plans('compare', SELF_SERVICE);
    expect(status).toBe(0);
    expect(out.split('\n')).toEqual([
      'what\tin use\tin the file',
      'app.basic started_by\tstaff\tcustomer',
      'app.pro started_by\tstaff\tcustomer',
      '',
    ]);
    expect(err).toContain('keep their terms');
  });

  it('shows plans that only one of them has', async () => {
    const { out } = await plans('compare', file('studio.json', studio({})));
    expect(out).toContain('app.free\tsold\t-\n');
    expect(out).toContain('studio.pro\t-\tsold\n');
  });

  it('asks a running system, and says so where there is none', async () => {
    let body = JSON.stringify(showCatalogue(readCatalogue(SELF_SERVICE)));
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/v1/plans' ? 200 : 404;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await plans('compare', SELF_SERVICE, '--url', url)).toEqual({
      status: 0,
      out: '',
      err: `${SELF_SERVICE} sells what ${url} sells.\n`,
    });
    body = '<html>Welcome to the intranet</html>';
    const page = await plans('show', '--url', url);
    expect(page).toMatchObject({ status: 1, err: expect.stringContaining('did not answer with JSON') });
    body = '{"plans":[]}';
    const older = await plans('show', '--url', url);
    expect(older).toMatchObject({ status: 1, err: expect.stringContaining('another release') });
    await new Promise((resolve) => server.close(resolve));
    const away = await plans('show', '--url', url);
    expect(away).toMatchObject({ status: 1, err: expect.stringContaining('the server cannot be reached') });
  });
});

it.each([
  [[]],
  [['burn']],
  [['show', 'a', 'b']],
  [['compare']],
  [['check', '--json']],
  [['show', '--url', 'x']],
])('plans %j is a usage error', async (args) => {
  expect(await plans(...args)).toMatchObject({ status: 2, out: '' });
});
