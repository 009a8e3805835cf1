import { validate } from '../tour/ask.ts';
import type { BillingAccount } from './billing.ts';
import { type Customer, check, forEach, type Stage, textOf } from './stage.ts';

export interface Machine {
  readonly clientId: string;
  readonly activationKey: string;
}

/** Every customer gets a license key; every machine is activated with nothing but that. */
export async function handOutKeys(
  stage: Stage,
  billing: BillingAccount,
  customers: readonly Customer[],
): Promise<{ readonly licenseKey: string; readonly machine: Machine }> {
  const { ask, quietly, say } = stage;
  const issue = async ({ userId }: Customer, using: typeof ask) => {
    const body = { user_id: userId, product: 'editor' };
    const issued = await using({
      method: 'POST',
      resource: '/v1/license-keys',
      token: billing.token,
      body,
      expected: 201,
    });
    return textOf(issued.body, 'license_key');
  };
  const [first, ...others] = customers;
  if (!first) throw new Error('there are no customers');
  say('\nEach customer gets a license key:');
  const licenseKey = await issue(first, ask);
  say(
    '\n… which is typed into the program on a machine that knows nothing else, in whatever way people type:',
  );
  const machine = await activate(ask, licenseKey.toLowerCase().replaceAll('-', ' '), 'desk', 'The desk’s PC');
  await activate(quietly, licenseKey, 'laptop', 'The laptop');
  const begun = performance.now();
  await forEach(others, 8, async (customer) => {
    const key = await issue(customer, quietly);
    for (const clientId of ['desk', 'laptop']) await activate(quietly, key, clientId);
  });
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(
    `  … and so are ${customers.length * 2 - 1} more machines of ${customers.length} customers, in ${seconds} s.`,
  );
  say('\nThe program asks whether it is licensed:');
  const answer = await validate(ask, machine.activationKey, machine.clientId, machine.position);
  check(answer.status === 'valid' && answer.premium === true, 'the license is valid');
  return { licenseKey, machine };
}

async function activate(ask: Stage['ask'], key: string, clientId: string, clientName?: string) {
  const { body, position } = await ask({
    method: 'POST',
    resource: '/v1/activations',
    token: key,
    body: { client_id: clientId, ...(clientName && { client_name: clientName }) },
    expected: 201,
  });
  return { clientId, activationKey: textOf(body, 'activation_key'), position };
}

/** Both places are taken: the new machine takes the place of an old one, without support and without a password. */
export async function replaceMachine(
  { ask, say }: Stage,
  licenseKey: string,
  old: Machine,
): Promise<Machine> {
  say('\nA new computer comes. The plan has two places, and the refusal says who has them:');
  const body = { client_id: 'new-desk', client_name: 'The new PC' };
  await ask({ method: 'POST', resource: '/v1/activations', token: licenseKey, body, expected: 409 });
  say('\n… so it takes the place of the old one, from the new computer itself:');
  const replaced = await ask({
    method: 'POST',
    resource: '/v1/activations',
    token: licenseKey,
    body: { ...body, replaces: old.clientId },
    expected: 201,
  });
  const activationKey = textOf(replaced.body, 'activation_key');
  const before = await validate(ask, old.activationKey, old.clientId, replaced.position);
  check(before.code === 'DEACTIVATED', 'the old machine is deactivated');
  const after = await validate(ask, activationKey, 'new-desk', replaced.position);
  check(after.code === 'VALID', 'the new machine is licensed');
  return { clientId: 'new-desk', activationKey };
}
