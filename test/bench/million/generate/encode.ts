import { randomUUID } from 'node:crypto';
import type { Codec } from '../../../../shared/events/codec.ts';
import type { TableEvent } from '../../../support/event-table.ts';
import type { Step } from '../../../support/population/population.ts';
import { instant } from '../../../support/population/subscriptions.ts';

/** The seller's billing service. */
const STAFF = { role: 'staff', id: '018f0000-0000-7000-8000-000000000001' } as const;

/** A step as the log holds it. */
export async function encoded(codec: Codec, { at, by, userId, events }: Step): Promise<TableEvent[]> {
  const commandId = randomUUID();
  const metadata = {
    $correlationId: commandId,
    $causationId: commandId,
    commandId,
    actor: by === 'staff' ? STAFF : ({ role: 'user', id: userId } as const),
    decidedAt: instant(at),
  };
  const ready: TableEvent[] = [];
  for (const [index, { stream, event }] of events.entries())
    ready.push({ stream, at, event: await codec.encode(event, { stream, index, metadata }) });
  return ready;
}
