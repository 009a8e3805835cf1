import { enterCustomers, openBillingAccount, rotateSecret } from './billing.ts';
import { erase, refund, resetPassword, suspend, tryAndBuy } from './customers.ts';
import { handOutKeys, replaceMachine } from './machines.ts';
import type { Stage } from './stage.ts';

/**
 * A day of a seller: what staff, the billing system, customers and their machines do, each request and answer printed.
 * @throws Error an answer was not the expected one
 */
export async function playDay(stage: Stage): Promise<void> {
  const { ask, say, tool, run } = stage;
  say('\nWhat is sold: two products, from a catalogue in a file.');
  await ask({ method: 'GET', resource: '/v1/plans', expected: 200 });
  const billing = await openBillingAccount(stage);
  const customers = await enterCustomers(stage, billing);
  const [first, second, third] = customers;
  if (!first || !second || !third) throw new Error('three customers are needed');
  const { licenseKey, machine } = await handOutKeys(stage, billing, customers);
  await replaceMachine(stage, licenseKey, machine);
  const grace = await tryAndBuy(stage, billing);
  await suspend(stage, grace);
  await refund(stage, billing, second);
  await resetPassword(stage, first, `customer-1-${run}@example.com`);
  await rotateSecret(stage, billing);
  await erase(stage, third);
  say('\nThe whole story of the first customer, from the event log:');
  await tool('history', first.userId);
  say('\nThe read models, built again from the events beside the live ones:');
  await tool('rebuild', '--compare-only');
  say('\nThat was the day.');
}
