import { z } from 'zod';
import type { ImportedCustomer } from '../../command-service/import/customer.ts';
import { duplicateMember } from '../../shared/http/input/duplicate-member.ts';
import { pointerTo } from '../../shared/http/input/pointer.ts';
import { check, instant, newEmail, opaque, text } from '../../shared/http/routes/fields.ts';
import { isImportedLicenseKeyForm, licenseKeyForm, licenseKeyHash } from '../../shared/license-keys/text.ts';

const name = text(1, 32);
/** More would not be one customer. */
const MAX_KEYS = 300;
const MAX_SUBSCRIPTIONS = 100;
const MAX_CLIENTS = 10_000;

const subscription = z.strictObject({
  external_id: opaque(128),
  product: name.optional(),
  plan: name,
  quantity: z.int().min(1).max(10_000).default(1),
  start_date: instant,
  end_date: instant,
  cancelled: z.boolean().default(false),
});

const licenseKey = z
  .strictObject({
    key: text(1, 256)
      .refine((typed) => isImportedLicenseKeyForm(licenseKeyForm(typed)), {
        error: 'expected 6 to 128 letters, digits and signs of ASCII',
      })
      .optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, { error: 'expected 64 hexadecimal digits' })
      .optional(),
    product: name.optional(),
    uses: z.int().min(1).max(1_000_000).optional(),
    expires_at: instant.optional(),
    note: text(0, 1_024).optional(),
  })
  .refine(({ key, sha256 }) => (key === undefined) !== (sha256 === undefined), {
    error: 'expected key or sha256, one of the two',
  });

const client = z.strictObject({
  client_id: opaque(128),
  client_name: text(0, 128).optional(),
  product: name.optional(),
  license_key: z.int().min(0).optional(),
});

const customer = z.strictObject({
  external_id: opaque(128),
  email: newEmail.optional(),
  name: text(1, 256).optional(),
  subscriptions: z.array(subscription).max(MAX_SUBSCRIPTIONS).default([]),
  license_keys: z.array(licenseKey).max(MAX_KEYS).default([]),
  clients: z.array(client).max(MAX_CLIENTS).default([]),
});

/** A line of the file: a customer, or what is wrong with it, each beginning with its place in the line. */
export type ParsedLine =
  | { readonly customer: ImportedCustomer; readonly problems?: never }
  | { readonly customer?: never; readonly problems: readonly string[] };

const parseJson = (line: string): { readonly value: unknown } | { readonly problem: string } => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'the line is no JSON' };
  }
  const twice = duplicateMember(line);
  return twice ? { problem: `${pointerTo('body', twice)} is there twice` } : { value };
};

/** Reads a line by its form alone: what the rules say of it is asked later. */
export function parseLine(line: string): ParsedLine {
  const json = parseJson(line);
  if ('problem' in json) return { problems: [json.problem] };
  const checked = check('body', customer, json.value);
  if (!checked.ok) return { problems: checked.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`) };
  const { external_id: externalId, email, name, subscriptions, license_keys, clients } = checked.value;
  const unknown = clients.findIndex(({ license_key: at }) => at !== undefined && at >= license_keys.length);
  if (unknown !== -1) return { problems: [`/clients/${unknown}/license_key: there is no such license key`] };
  return {
    customer: {
      ...{ externalId, email, name },
      subscriptions: subscriptions.map((one) => ({
        externalId: one.external_id,
        product: one.product,
        plan: one.plan,
        quantity: one.quantity,
        startDate: one.start_date,
        endDate: one.end_date,
        cancelled: one.cancelled,
      })),
      licenseKeys: license_keys.map(({ key, sha256, product, uses, expires_at: expiresAt, note }) => ({
        hash: key === undefined ? String(sha256).toLowerCase() : licenseKeyHash(licenseKeyForm(key)),
        ...{ product, uses, expiresAt, note },
      })),
      clients: clients.map((one) => ({
        clientId: one.client_id,
        clientName: one.client_name,
        product: one.product,
        licenseKey: one.license_key,
      })),
    },
  };
}
