import type { Actor } from '../../shared/events/metadata.ts';
import { uuidv5 } from '../../shared/ids.ts';
import type { EndNotice } from '../../shared/subscription-end.ts';
import { decide } from '../domain/user.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import type { Outcome } from '../execute/requests.ts';

/** The namespace of these command ids; chosen once at random. */
const NAMESPACE = '1f6f3f0c-5d0b-4a5e-9d0f-7a0f6c2b8e41';
const EXPIRY: Actor = { role: 'system', id: 'expiry' };

/** An end of which something seems to be due. */
export interface ToldEnd {
  readonly userId: string;
  readonly subscriptionId: string;
  /** Milliseconds since 1970. */
  readonly endDate: number;
  readonly notice: Exclude<EndNotice, 'none'>;
}

/**
 * Tells of a subscription's end. Whether it is due is decided on the user's own state: whoever asks knows it from the read model.
 * The command's id follows from what is told, so that two nodes that ask at once append one event.
 */
export const createTellOfEnd =
  ({ executeCommand }: { readonly executeCommand: ExecuteCommand }) =>
  ({ userId, subscriptionId, endDate, notice }: ToldEnd): Promise<Outcome> => {
    const commandId = uuidv5(NAMESPACE, JSON.stringify([subscriptionId, endDate, notice]));
    return executeCommand({
      userId,
      stamp: { commandId, actor: EXPIRY, correlationId: commandId },
      decide: (state, context) => decide(state, { type: 'TellOfEnd', subscriptionId }, context),
    });
  };
