import { z } from 'zod';
import { CATALOGUE_NAME } from '../../../shared/catalogue/catalogue.ts';
import { catalogueName, text } from '../../../shared/http/routes/fields.ts';

const NAME = /[a-z][a-z0-9_-]{0,63}/.source;
const ENTITLEMENT = new RegExp(`^${NAME}$`);
const MAX_ENTITLEMENTS = 100;
const ENTITLEMENTS = new RegExp(`^${NAME}(?:,${NAME}){0,${MAX_ENTITLEMENTS - 1}}$`);

const entitlement = z
  .string()
  .regex(ENTITLEMENT, { error: 'expected entitlements as plans name them, such as core' });

const product = catalogueName
  .optional()
  .meta({ description: 'Compared with the license where it is given.' });

const appVersion = text(1, 64).optional().meta({ description: 'The version of the program that asks.' });

const clientId = text(1, 128)
  .optional()
  .meta({ description: 'Compared with the license where it is given.' });

const nonce = text(1, 128).optional().meta({
  description: 'Comes back in a lease, so that the client knows that it is an answer to this question.',
});

/** The question in a query string. */
export const validateQuery = z.strictObject({
  client_id: clientId,
  product,
  entitlements: z
    .string()
    .regex(ENTITLEMENTS, {
      error: `expected at most ${MAX_ENTITLEMENTS} entitlements as plans name them, such as core,export`,
    })
    .transform((list) => list.split(','))
    .optional()
    .meta({ description: 'What the client wants to use, separated by commas.' }),
  nonce,
  app_version: appVersion,
});

/** The same question in a JSON body. */
export const validateBody = z.strictObject({
  client_id: clientId,
  product,
  entitlements: z
    .array(entitlement)
    .max(MAX_ENTITLEMENTS, { error: `expected at most ${MAX_ENTITLEMENTS}` })
    .optional(),
  nonce,
  app_version: appVersion,
});

export type AskedQuestion = z.output<typeof validateBody>;

/** Fields, and their values that mean themselves in a query string and that the schemas surely take. */
const USUAL: ReadonlyMap<string, RegExp> = new Map([
  ['client_id', /^[A-Za-z0-9._~+/=-]{1,128}$/],
  ['nonce', /^[A-Za-z0-9._~+/=-]{1,128}$/],
  ['product', CATALOGUE_NAME],
  ['app_version', /^[A-Za-z0-9._~+/=-]{1,64}$/],
]);

/**
 * Reads the usual query string without a parser or a schema: all but `entitlements`, of plain characters. Undefined
 * means "not usual", never "wrong": the schema decides then. Whatever this answers, the schema would answer too.
 */
export function readUsualQuery(query: string): AskedQuestion | undefined {
  const question: Record<string, string> = {};
  for (let from = 0; from < query.length; ) {
    let end = query.indexOf('&', from);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', from);
    if (equals === -1 || equals > end) return undefined;
    const name = query.slice(from, equals);
    const value = query.slice(equals + 1, end);
    if (name in question || !USUAL.get(name)?.test(value)) return undefined;
    question[name] = value;
    from = end + 1;
  }
  return question;
}
