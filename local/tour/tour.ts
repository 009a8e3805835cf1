import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createSecretFile } from '../../shared/files/secret-file.ts';
import { caller, type Say, validate } from './ask.ts';

interface Customer {
  readonly email: string;
  readonly password: string;
  readonly clientId: string;
  readonly activationKey: string;
}

/** What is toured, and where the customer of an earlier tour is remembered. */
export interface Toured {
  readonly url: string;
  readonly backends: { readonly data: string };
}

/**
 * The main job, shown: a first start signs up, subscribes, activates and validates; a later one validates the license
 * that the first one activated. Every request and answer is printed. @throws Error an answer was not the expected one
 */
export async function takeTour(stack: Toured, say: Say): Promise<void> {
  const file = path.join(stack.backends.data, 'tour.json');
  const customer = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Customer) : undefined;
  if (customer) {
    say('\nThe license that an earlier start activated:');
    // Whatever it is by now: somebody may have suspended it since, to see what happens.
    await validate(caller(stack.url, say), customer.activationKey, customer.clientId);
    return;
  }
  // Whole or not at all: half a file would end every later start.
  await createSecretFile(file, JSON.stringify(await becomeCustomer(stack.url, say)));
}

async function becomeCustomer(url: string, say: Say): Promise<Customer> {
  const email = `ada-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  const clientId = `laptop-${randomBytes(4).toString('hex')}`;
  const ask = caller(url, say);
  say('\nA customer signs up:');
  const signedUp = await ask({
    method: 'POST',
    resource: '/v1/signup',
    body: { email, password },
    expected: 201,
  });
  const token = String(signedUp.body.access_token);
  say('\n… tries the plan pro for two weeks:');
  const terms = { plan: 'pro', trial: true };
  await ask({ method: 'POST', resource: '/v1/subscriptions', body: terms, token, expected: 201 });
  say('\n… activates a machine:');
  const machine = { client_id: clientId, client_name: 'Ada’s laptop' };
  const activated = await ask({
    method: 'POST',
    resource: '/v1/activations',
    body: machine,
    token,
    expected: 201,
  });
  const activationKey = String(activated.body.activation_key);
  say('\n… and the program on it asks whether it is licensed:');
  const { status, code } = await validate(ask, activationKey, clientId, activated.position);
  if (status !== 'valid') throw new Error(`the license should be valid, but is ${status}: ${code}`);
  return { email, password, clientId, activationKey };
}
