import type { AllStreamSubscription, Position, StreamSubscription } from '@eventstore/db-client';
import { eventually } from '../../support/eventually.ts';

type Subscription = AllStreamSubscription | StreamSubscription;

/** Collects the streams and numbers of the events that a subscription brings. */
export function follow(subscription: Subscription) {
  const seen: { stream: string; n: number; position: Position }[] = [];
  const signals: string[] = [];
  for (const signal of ['confirmation', 'caughtUp'] as const) {
    subscription.on(signal as 'confirmation', () => signals.push(signal));
  }
  subscription.on('data', ({ event }) => {
    if (!event || event.streamId.startsWith('$')) return;
    const { n } = event.data as { n: number };
    seen.push({ stream: event.streamId, n, position: event.position as Position });
  });
  const until = (count: number) => eventually(`${count} events`, () => seen.length >= count);
  return { seen, signals, until, numbers: () => seen.map(({ n }) => n), subscription };
}
