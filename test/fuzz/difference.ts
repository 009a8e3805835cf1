import { z } from 'zod';
import { document, type Endpoint, type Schema } from './document.ts';
import type { FuzzRequest } from './request.ts';

const definitions = JSON.parse(
  JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'),
) as Record<string, never>;
const validators = new Map<Schema, z.ZodType>();

function validatorOf(schema: Schema): z.ZodType {
  const known = validators.get(schema);
  if (known) return known;
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
  const made = z.fromJSONSchema({ ...JSON.parse(text), $defs: definitions });
  validators.set(schema, made);
  return made;
}

/** What a good request may be told nevertheless: it is about what exists and who asks, or about a rule between fields. */
const RULES: readonly (readonly [operation: string, pointer: string, why: string])[] = [
  ['getPlans', '?product', 'a product that the catalogue does not have'],
  ['startSubscription', '/product', 'a product that the catalogue does not have'],
  ['startSubscription', '/trial', 'a plan that has no trial'],
  ['startSubscription', '/external_id', 'only staff give one'],
  ['activateClient', '/product', 'a product that the catalogue does not have'],
  ['activateClient', '/replaces', 'the client that is activated itself'],
  ['startSubscription', '/user_id', 'staff name a user, and customers none'],
  ['signUp', '/password', 'a pattern such as xxxxxxxx'],
  ['changePassword', '/new_password', 'the same'],
  ['confirmPasswordReset', '/new_password', 'the same'],
  ['startSubscription', '/plan', 'a plan that the catalogue does not have'],
  ['changePlan', '/plan', 'a plan that the catalogue does not have'],
  ['startSubscription', '/start_date', 'at most a year ahead'],
  ['startSubscription', '/end_date', 'behind the start, or more than ten years ahead'],
  ['renewSubscription', '/end_date', 'at most ten years ahead'],
  ['renewSubscription', '/months', 'at most ten years ahead'],
  ['issueLicenseKey', '/user_id', 'staff name a user, and customers none'],
  ['issueLicenseKey', '/product', 'a product that the catalogue does not have'],
  ['issueLicenseKey', '/expires_at', 'ahead of now'],
];

interface ProblemBody {
  readonly code?: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

/** Codes of 400 that are no field's: a one-time token that was never issued, what a service account may not ask for. */
const NO_FIELD = new Set(['token_invalid', 'unsupported_grant_type', 'invalid_scope']);

export function isRule({ operationId }: Endpoint, { code, errors = [] }: ProblemBody): boolean {
  if (code !== undefined && NO_FIELD.has(code)) return true;
  return (
    errors.length > 0 &&
    errors.every(({ pointer }) =>
      RULES.some(([operation, place]) => operation === operationId && place === pointer),
    )
  );
}

/** What Nginx takes of an address, about: a filter of a thousand foxes is longer. */
const MAX_URL = 8_000;

/** About the request's form alone. */
const FORM = [400, 413, 414, 415, 431];

export interface Compared {
  /** What of the answer the document does not say; undefined if it says all. */
  readonly difference?: string | undefined;
  /** The answer's body, where it is JSON. */
  readonly shown?: unknown;
}

export async function differenceOf(request: FuzzRequest, response: Response): Promise<Compared> {
  const { endpoint } = request;
  const { status } = response;
  const text = await response.text();
  const declared = endpoint.responses[String(status)];
  if (!declared) return { difference: `${status} is not among its answers: ${text.slice(0, 300)}` };
  const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
  if (declared.content === undefined)
    return text === '' ? {} : { difference: `${status} has no body, but: ${text.slice(0, 300)}` };
  const content = declared.content[type];
  if (!content)
    return {
      difference: `${status} comes as "${type}", not as ${Object.keys(declared.content).join(' or ')}`,
    };
  if (!/json/.test(type)) return {};
  const shown: unknown = JSON.parse(text);
  const checked = validatorOf(content.schema).safeParse(shown);
  if (!checked.success)
    return {
      difference: `${status} is not as its schema says: ${checked.error.message.slice(0, 500)} in ${text.slice(0, 300)}`,
    };
  return { difference: judged(request, status, shown as ProblemBody, text), shown };
}

/** Whether the status is the right one. */
function judged(
  { endpoint, isGood, url }: FuzzRequest,
  status: number,
  problem: ProblemBody,
  text: string,
): string | undefined {
  if (status >= 500 && problem.code !== 'read_model_behind' && problem.code !== 'busy')
    return `${status} ${text.slice(0, 300)}`;
  const isLong = status === 414 && url.length > MAX_URL;
  if (isGood && FORM.includes(status) && !isLong && !isRule(endpoint, problem))
    return `good, but refused: ${text.slice(0, 400)}`;
  if (!isGood && status < 400) return `bad, but taken: ${status} ${text.slice(0, 300)}`;
  return undefined;
}
