import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { describeSetting, isRequired, serviceSettings } from '../../../cli/settings/service-settings.ts';
import { eventStoreSettings } from '../../../local/event-store/config.ts';
import { ConfigError, readConfig } from '../../../shared/config.ts';

/** Whatever text is in these, a service starts: a wrong one is noticed by who uses it. */
const ANY_TEXT = [
  'EVENT_STORE_HOST',
  'HOST',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_SASL_USERNAME',
  'KEYRING_FILE',
  'MAIL_TEMPLATES',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'PLAN_CATALOGUE_FILE',
  'VAULT_MASTER_KEY_FILE',
];

const services = { ...(await serviceSettings()), 'local event store': eventStoreSettings };
const fields = Object.entries(services).flatMap(([service, schema]) =>
  Object.entries(schema.shape).map(([name, field]) => [service, name, schema, field as z.ZodType] as const),
);

/** Good values of the settings that must be set. */
const GOOD: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://localhost/x',
  EVENT_STORE_DATABASE_URL: 'postgres://localhost/x',
  EVENTSTORE_URL: 'esdb://localhost:2113',
  REDIS_URL: 'redis://localhost:6379',
  KAFKA_BROKERS: 'localhost:9092',
};

const problemsOf = (schema: z.ZodObject, env: Record<string, string>): readonly string[] => {
  try {
    readConfig(schema, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

/** Values that the setting does not take, as its schema describes it. */
function wrongValues(field: z.ZodType): fc.Arbitrary<string> {
  const { minimum, maximum, enum: allowed } = describeSetting(field);
  const text = fc.constantFrom('?', '!!', 'a b', '\u0000');
  if (allowed) return text.filter((value) => !allowed.includes(value));
  if (minimum === undefined || maximum === undefined) return text;
  const outside = fc
    .oneof(
      fc.integer({ max: minimum - 1 }),
      fc.integer({ min: maximum + 1 }),
      fc.double({ min: maximum + 0.5 }),
    )
    .map(String);
  return fc.oneof(text, outside);
}

describe('settings', () => {
  it.each(fields.filter(([, name]) => !ANY_TEXT.includes(name)))(
    '%s: a wrong %s stops the start with its name and what was expected',
    (_service, name, schema, field) => {
      const wrong = name === 'TOKEN_ISSUER' ? fc.string({ minLength: 257 }) : wrongValues(field);
      fc.assert(
        fc.property(wrong, (value) => {
          const problems = problemsOf(schema, { ...GOOD, [name]: value });
          expect(problems).not.toEqual([]);
          for (const problem of problems) expect(problem).toMatch(new RegExp(`^${name}: .*expected`, 's'));
        }),
        { numRuns: 30 },
      );
    },
  );

  it.each(fields.filter(([, , , field]) => isRequired(field)))(
    '%s: a start without %s says that it is required, and what it is',
    (_service, name, schema) => {
      const { [name]: _, ...rest } = GOOD;
      expect(problemsOf(schema, rest)).toEqual([expect.stringMatching(`^${name}: required: .+`)]);
    },
  );

  it.each(Object.entries(services))('%s: names every wrong setting at once', (_service, schema) => {
    const names = Object.keys(schema.shape).filter((name) => name in GOOD);
    const wrong = problemsOf(schema, Object.fromEntries(names.map((name) => [name, '?'])));
    expect(wrong.map((problem) => problem.split(':')[0]).sort()).toEqual(names.sort());
  });

  it.each(fields)(
    '%s: %s says what it means, and is marked if it may hold a secret',
    (_service, name, _, field) => {
      const { description, secret } = describeSetting(field);
      expect(description).toMatch(/\S/);
      if (/_URL$|_ENDPOINT$/.test(name)) expect(secret).toBe('password');
      else if (/PASSWORD$|_KEY$|SECRET|TOKEN$|HEADERS$/.test(name)) expect(secret).toBe('all');
      else expect(secret).toBeUndefined();
    },
  );

  it('a value may stand in a file, but not in both places', () => {
    const schema = eventStoreSettings;
    const file = { EVENT_STORE_DATABASE_URL_FILE: '/no/such' };
    expect(problemsOf(schema, file)).toEqual([
      expect.stringMatching(/^EVENT_STORE_DATABASE_URL_FILE: .*\/no\/such/),
    ]);
    expect(problemsOf(schema, { ...GOOD, ...file })).toEqual([expect.stringContaining('not both')]);
  });
});
