import { addMonths } from '../../../shared/calendar.ts';
import type { Plan } from '../../../shared/catalogue/catalogue.ts';
import { reservationStream, userStream } from '../../../shared/events/streams.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import type { Random } from '../random.ts';
import type { Step } from './population.ts';
import { instant } from './subscriptions.ts';

export interface GiantOptions {
  readonly email: string;
  readonly emailDigest: string;
  readonly passwordHash: string;
  readonly plan: Plan;
  /** Clients that are active at once in the end. */
  readonly active: number;
  /** Different clients: beyond those that are active they come and go by turns. */
  readonly clients: number;
  /** How often a client is activated, all in all. */
  readonly activations: number;
  readonly from: number;
  readonly until: number;
}

/** Runs from the first day into next year. */
const MONTHS = 36;

/**
 * A customer as large as they come, who activates clients all the time, evenly: a company with 10,000 machines, or build servers that
 * activate for each build and deactivate after it. What they do next, and when, in order.
 */
export function* giant(options: GiantOptions, random: Random): Generator<Step, void> {
  const { emailDigest, from, until, active, clients, activations, plan } = options;
  const id = (at: number) => uuidv7(at, random.bytes(10));
  const userId = id(from);
  const subscriptionId = id(from);
  const own = (at: number, by: Step['by'], event: NewUserEvent): Step => ({
    at,
    by,
    userId,
    events: [{ stream: userStream(userId), event }],
  });
  const { email, passwordHash } = options;
  yield {
    at: from,
    by: 'user',
    userId,
    events: [
      { stream: reservationStream('email', emailDigest), event: { type: 'EmailReserved', data: { userId } } },
      {
        stream: userStream(userId),
        event: { type: 'UserSignedUp', data: { userId, emailDigest, personal: { email, passwordHash } } },
      },
    ],
  };
  yield own(from, 'staff', {
    type: 'SubscriptionStarted',
    data: {
      ...{ userId, subscriptionId, product: 'app', plan: plan.plan, terms: plan.terms },
      ...{ quantity: Math.ceil((active * 2) / plan.terms.maxClients), trial: false },
      ...{ startDate: instant(from), endDate: instant(addMonths(from, MONTHS)) },
    },
  });
  const licensed: { clientId: string; licenseId: string }[] = [];
  for (let i = 0; i < activations; i += 1) {
    const at = Math.floor(from + ((i + 1) / (activations + 1)) * (until - from));
    if (licensed.length === active) {
      const data = { userId, ...(licensed.shift() as { clientId: string; licenseId: string }), personal: {} };
      yield own(at, 'user', { type: 'LicenseDeactivated', data });
    }
    const clientId = `machine-${i % clients}`;
    const licenseId = id(at);
    licensed.push({ clientId, licenseId });
    const data = { userId, licenseId, subscriptionId, product: 'app', clientId, personal: {} };
    yield own(at, 'user', { type: 'LicenseActivated', data });
  }
}
