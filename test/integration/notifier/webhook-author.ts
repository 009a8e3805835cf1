import { randomUUID } from 'node:crypto';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import { webhookStream } from '../../../shared/events/streams.ts';
import type { WebhookEvent } from '../../../shared/events/types.ts';
import type { Vault } from '../../../shared/vault/vault.ts';

type DataOf<T extends WebhookEvent['type']> = Omit<Extract<WebhookEvent, { type: T }>['data'], 'webhookId'>;

/** Writes a webhook's events, as the write side would, but without its rules. */
export function createWebhookAuthor(log: EventLog, vault: Vault, webhookId: string = randomUUID()) {
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault });
  const stream = webhookStream(webhookId);
  let revision = -1;
  return {
    webhookId,
    async append<T extends WebhookEvent['type']>(type: T, data: DataOf<T>): Promise<void> {
      const event = { type, data: { ...data, webhookId } } as unknown as WebhookEvent;
      const metadata = {
        $correlationId: randomUUID(),
        $causationId: randomUUID(),
        commandId: randomUUID(),
        actor: { role: 'operator' as const, id: 'test' },
      };
      const encoded = await codec.encode(event, { stream, index: 0, metadata });
      const expected = revision < 0 ? 'no_stream' : revision;
      ({ revision } = await log.append(stream, expected, [encoded], { deadlineMs: 10_000 }));
    },
  };
}
