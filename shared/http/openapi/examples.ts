type Json = Readonly<Record<string, unknown>>;

/**
 * One customer's story, by the names of fields: the same ids and dates wherever they stand. A person could send every one
 * of them, and "Execute" with them does what it says (the ids are nobody's until they are replaced: 404).
 */
const BY_NAME: Readonly<Record<string, unknown>> = {
  email: 'ada@example.com',
  password: 'correct horse battery staple',
  new_password: 'a longer horse battery staple',
  user_id: '019afc2e-7a30-7b6e-9f14-3c5d8e1b2a70',
  subscription_id: '019afc2e-9c41-7d02-8a3b-5e6f7a8b9c0d',
  license_id: '019afc2f-1b52-7e13-9b4c-6f708b9cad1e',
  url: 'https://hooks.example.com/licenses',
  types: ['subscription.started', 'license.activated'],
  description: 'CRM',
  webhook_id: '4a1f7c2e-6b0d-5e93-a8c4-2d7e9f0b1c3a',
  staff_id: '5b1f0c7e-3a92-5d46-8e0b-7c6d5a4f3e21',
  service_account_id: '9d3b6f0a-52c1-5e8d-b7a4-1f2e3d4c5b6a',
  event_id: '7d0e5a44-0b0c-5f6e-8a3d-2f1b9c8e7d6a',
  mail_id: '7d0e5a44-0b0c-5f6e-8a3d-2f1b9c8e7d6a',
  correlation_id: '019afc2f-1b52-7e13-9b4c-0a1b2c3d4e5f',
  causation_id: '019afc2f-1b52-7e13-9b4c-0a1b2c3d4e5f',
  request_id: '019afc2f-1b52-7e13-9b4c-0a1b2c3d4e5f',
  access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…',
  activation_key: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImFrK2p3dCJ9.…',
  expires_in: 900,
  csrf_token: 'Jx3kP0qW9vZt2LrYb8sD1g',
  session_expires_at: '2026-06-01T21:30:00.000Z',
  welcome_expires_at: '2026-06-02T09:30:00.000Z',
  plan: 'free',
  replaces: 'old-laptop-2c91',
  plan_type: 'pro',
  product: 'app',
  quantity: 1,
  key_id: '019afc31-3d74-7035-8d6e-8192adbecf30',
  license_key_id: '019afc31-3d74-7035-8d6e-8192adbecf30',
  license_key: 'A3C5H-R4RBV-67YR2-1HAQG-SHDBS',
  uses: 10,
  uses_left: 9,
  note: 'for the lab in room 12',
  trial: false,
  cancelled_by: null,
  last_seen_on: '2026-06-01',
  app_version: '2.1.0',
  months: 12,
  start_date: '2026-06-01T00:00:00.000Z',
  end_date: '2027-06-01T00:00:00.000Z',
  created_at: '2026-06-01T09:30:00.000Z',
  updated_at: '2026-06-01T09:30:00.000Z',
  activated_at: '2026-06-01T09:31:00.000Z',
  sent_at: '2026-06-01T09:30:01.000Z',
  next_at: '2026-06-01T09:32:00.000Z',
  time: '2026-06-01T09:30:00.000Z',
  as_of: '2026-06-01T10:00:00.000Z',
  expires_at: '2027-06-01T00:00:00.000Z',
  grace_until: '2027-06-08T00:00:00.000Z',
  day: '2026-06-01',
  external_id: 'sub_1042',
  client_id: 'laptop-7f3a',
  client_name: "Ada's laptop",
  reason: 'invoice 1042 is unpaid',
  nonce: 'b64e1f0c',
  entitlements: ['core'],
  status: 'active',
  code: 'VALID',
  premium: true,
  grace: false,
  immediately: false,
  next_cursor: null,
  position: '4711/4711',
  revision: 2,
  schema_version: 1,
  type: 'LicenseActivated',
  count: 42,
  active: 1,
  deactivated: 0,
  revoked: 0,
  fault: null,
  actor: { role: 'user', id: '019afc2e-7a30-7b6e-9f14-3c5d8e1b2a70' },
  kid: 'Yq3nB1fK7wE',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  'Idempotency-Key': '019afc30-2c63-7f24-8c5d-70819cadbe2f',
};

/** There is neither an example in the schema nor one for the field's name. */
export class ExampleMissing extends Error {
  readonly code = 'example_missing';
  constructor(where: string) {
    super(
      `${where} has no example: give its schema one (.meta({ examples: [...] })), or its name in examples.ts`,
    );
    this.name = 'ExampleMissing';
  }
}

/**
 * A value that the schema takes and a person could send: the schema's own example, else the one of the field's name, else
 * one put together from its parts. Of an object that takes one of several sets of fields, those of the first.
 * @param named the schemas that references lead to
 * @throws ExampleMissing
 */
export function exampleOf(schema: Json, name: string, named: Json): unknown {
  const [own] = (schema.examples as unknown[] | undefined) ?? [];
  if (own !== undefined) return own;
  const reference = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  if (reference !== undefined) return exampleOf(named[reference] as Json, name, named);
  if (schema.const !== undefined) return schema.const;
  const choices = schema.enum as unknown[] | undefined;
  const known = BY_NAME[name];
  if (choices) return choices.includes(known) ? known : choices[0];
  if (schema.type === 'object') return typeof known === 'object' ? known : objectExample(schema, named);
  if (schema.type === 'array' && !Array.isArray(known)) return [exampleOf(schema.items as Json, name, named)];
  const [first] = (schema.anyOf as Json[] | undefined) ?? [];
  if (first && (first.type === 'object' || first.$ref !== undefined)) return exampleOf(first, name, named);
  if (known === undefined) throw new ExampleMissing(name);
  return known;
}

function objectExample(schema: Json, named: Json): Json {
  const properties = Object.entries((schema.properties as Readonly<Record<string, Json>> | undefined) ?? {});
  const [form] = (schema.oneOf as { required: readonly string[] }[] | undefined) ?? [];
  const required = [...((schema.required as string[] | undefined) ?? []), ...(form?.required ?? [])];
  const wanted = properties.filter(([field]) => form === undefined || required.includes(field));
  return Object.fromEntries(wanted.map(([field, part]) => [field, exampleOf(part, field, named)]));
}

/** Filters that go together with the other examples; every other optional parameter is left to whoever asks. */
const FILLED_IN: readonly string[] = ['email', 'client_id'];

/**
 * The example of a parameter, as the documentation's page fills it in; undefined to leave it empty.
 * @param path the route's: an `id` is that of what stands before it
 */
export function parameterExample(name: string, path: string, required: boolean): unknown {
  if (name === 'id') return BY_NAME[`${/([\w-]+?)s?\/\{id\}/.exec(path)?.[1]?.replaceAll('-', '_')}_id`];
  return required || FILLED_IN.includes(name) ? BY_NAME[name] : undefined;
}
