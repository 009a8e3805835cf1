import { randomUUID } from 'node:crypto';
import type { Actor } from '../../shared/events/metadata.ts';
import { uuidv5 } from '../../shared/ids.ts';
import { currentTraceparent } from '../../shared/tracing/tracing.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { Caller, IdempotencyKey, RetryKey } from './requests.ts';

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

/** Never the id that an idempotency key gives, whatever its text is. */
const retriedId = (scope: string, { route, key }: RetryKey): string =>
  uuidv5(NAMESPACE, JSON.stringify([scope, route, key, 'retry']));

export const actorOf = (caller: Caller): Actor => {
  switch (caller.role) {
    case 'user':
      return { role: 'user', id: caller.userId };
    case 'client':
      return { role: 'client', id: caller.licenseId };
    case 'license_key':
      return { role: 'license_key', id: caller.keyId };
    case 'operator':
    case 'staff':
      return { role: caller.role, id: caller.id };
    default:
      return caller satisfies never;
  }
};

export const ANONYMOUS: Actor = { role: 'anonymous', id: 'anonymous' };

/**
 * The stamp of a command: with an idempotency key its id follows from caller, route and key, and so is the same
 * on every node and after a restart; without one, from the proxy's retry key in the same way, so that what the proxy
 * sends twice has one effect; without either it is random. Only with an idempotency key is the body remembered: a
 * proxy sends the same one.
 * @param scope who the key belongs to, if not the actor: a sign-up's belongs to its email's digest
 */
export async function stampCommand(
  vault: Pick<Vault, 'requestDigest'>,
  request: {
    readonly correlationId: string;
    readonly idempotency?: IdempotencyKey | undefined;
    readonly retry?: RetryKey | undefined;
  },
  actor: Actor,
  scope = `${actor.role}:${actor.id}`,
): Promise<CommandStamp> {
  const { correlationId, idempotency, retry } = request;
  if (!idempotency)
    return { commandId: retry ? retriedId(scope, retry) : randomUUID(), actor, correlationId };
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
