import { randomUUID } from 'node:crypto';
import type { Actor } from '../shared/events/metadata.ts';
import { uuidv5 } from '../shared/ids.ts';
import { currentTraceparent } from '../shared/tracing/tracing.ts';
import type { Vault } from '../shared/vault/vault.ts';
import type { Caller, IdempotencyKey } from './requests.ts';

/** How a command came to be: what the metadata of its events will say. */
export interface CommandStamp {
  readonly commandId: string;
  readonly requestDigest?: string;
  readonly actor: Actor;
  readonly correlationId: string;
}

/** The namespace of command ids; chosen once at random. */
const NAMESPACE = 'c9a4e2f7-61d0-4b5f-8a1e-97d3f0b26a58';

const commandId = (scope: string, route: string, key: string): string =>
  uuidv5(NAMESPACE, JSON.stringify([scope, route, key]));

export const actorOf = (caller: Caller): Actor => {
  switch (caller.role) {
    case 'user':
      return { role: 'user', id: caller.userId };
    case 'client':
      return { role: 'client', id: caller.licenseId };
    case 'operator':
      return { role: 'operator', id: caller.name };
    default:
      return caller satisfies never;
  }
};

export const ANONYMOUS: Actor = { role: 'anonymous', id: 'anonymous' };

/**
 * The stamp of a command: with an idempotency key its id follows from caller, route and key, and so is the same
 * on every node and after a restart; without one it is random.
 * @param scope who the key belongs to, if not the actor: a sign-up's belongs to its email's digest
 */
export async function stampCommand(
  vault: Pick<Vault, 'requestDigest'>,
  request: { readonly correlationId: string; readonly idempotency?: IdempotencyKey | undefined },
  actor: Actor,
  scope = `${actor.role}:${actor.id}`,
): Promise<CommandStamp> {
  const { correlationId, idempotency } = request;
  if (!idempotency) return { commandId: randomUUID(), actor, correlationId };
  return {
    commandId: commandId(scope, idempotency.route, idempotency.key),
    requestDigest: await vault.requestDigest(idempotency.body ?? null),
    actor,
    correlationId,
  };
}

/** The metadata of a command's events, decided at `now`. */
export const metadataOf = ({ correlationId, ...stamp }: CommandStamp, now: number) => {
  const traceparent = currentTraceparent();
  return {
    ...stamp,
    $correlationId: correlationId,
    $causationId: stamp.commandId,
    decidedAt: new Date(now).toISOString(),
    ...(traceparent !== undefined && { traceparent }),
  };
};
