import { DAY_MS } from '../../../../shared/calendar.ts';
import { readCatalogue } from '../../../../shared/catalogue/read.ts';
import { licenseKeyForm, licenseKeyHash, licenseKeyText } from '../../../../shared/license-keys/text.ts';
import type { Vault } from '../../../../shared/vault/vault.ts';
import { type GiantOptions, giant } from '../../../support/population/giant.ts';
import { Population, type Step } from '../../../support/population/population.ts';
import { createRandom } from '../../../support/random.ts';

export interface WorldOptions {
  readonly customers: number;
  /** Events of a customer, on average: sign-up and the reservation of the email are two of them. */
  readonly eventsEach: number;
  readonly seed: number;
  readonly passwordHash: string;
}

/** Customers of 10,000 machines for each 200,000 customers, one at least; fewer machines where the world is only tried. */
const CUSTOMERS_PER_GIANT = 200_000;
const MACHINES = 10_000;
/** Of the one who never stops: build servers, each activated for a build and deactivated after it. */
const BUILDS = { clients: 2_000, active: 500 };
const YEARS_MS = 730 * DAY_MS;

/** The email of the customer with 10,000 active machines, from 0, and of the one with as many events as there are customers. */
export const giantEmail = (number: number): string => `giant-${number}@example.com`;
export const BUILDS_EMAIL = 'builds@example.com';

/**
 * Two years of many customers and a few giants, in order, the giants' events between the others': one giant has as many events as
 * there are customers.
 */
export async function* world(options: WorldOptions, vault: Vault): AsyncGenerator<Step, void> {
  const { customers, eventsEach, seed, passwordHash } = options;
  const until = Date.now();
  const from = until - YEARS_MS;
  const people = new Population(
    { users: customers, events: customers * eventsEach, seed, passwordHash, from, until },
    {
      email: (email) => vault.emailDigest(email),
      key: async (keyId) =>
        vault.reservationDigest(
          'key',
          licenseKeyHash(licenseKeyForm(licenseKeyText(await vault.derive('license_key', keyId)))),
        ),
    },
  );
  const plan = readCatalogue().products.get('app')?.plans.get('enterprise');
  if (!plan) throw new Error('the catalogue has no plan enterprise');
  const shared = { plan, passwordHash, from, until };
  const giants: Iterator<Step, void>[] = [];
  const large = async (email: string, size: Pick<GiantOptions, 'active' | 'clients' | 'activations'>) => {
    // Each with ids of its own.
    const random = createRandom(seed + (giants.length + 1) * 1_000_003);
    giants.push(giant({ ...shared, ...size, email, emailDigest: await vault.emailDigest(email) }, random));
  };
  await large(BUILDS_EMAIL, { ...BUILDS, activations: Math.ceil(customers / 2) });
  for (let number = 0; number < Math.ceil(customers / CUSTOMERS_PER_GIANT); number += 1) {
    const machines = Math.min(MACHINES, customers);
    await large(giantEmail(number), { active: machines, clients: machines, activations: machines });
  }
  const waiting = giants.map((steps) => ({ steps, next: steps.next() }));
  for (let step = await people.next(); step; step = await people.next()) {
    yield* before(waiting, step.at);
    yield step;
  }
  yield* before(waiting, Number.POSITIVE_INFINITY);
}

interface Waiting {
  readonly steps: Iterator<Step, void>;
  next: IteratorResult<Step, void>;
}

/** What the giants do up to a moment, the earliest first. */
function* before(waiting: readonly Waiting[], at: number): Generator<Step, void> {
  for (;;) {
    let first: Waiting | undefined;
    let earliest = at;
    for (const one of waiting) {
      if (one.next.done || one.next.value.at > earliest || (first && one.next.value.at === earliest))
        continue;
      first = one;
      earliest = one.next.value.at;
    }
    if (!first?.next.value) return;
    yield first.next.value;
    first.next = first.steps.next();
  }
}
