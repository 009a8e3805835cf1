import { type Context, type Decision, rejected } from '../decision.ts';
import { licensesOf } from '../licenses/state.ts';
import type { UserState } from '../user-state.ts';
import { changePlan, renew } from './change.ts';
import type { SubscriptionCommand } from './commands.ts';
import { tellOfEnd } from './end.ts';
import { start } from './start.ts';
import { cancel, reinstate, suspend, withdrawCancellation } from './stop.ts';

export function decideSubscription(
  state: UserState,
  command: SubscriptionCommand,
  context: Context,
): Decision {
  const { userId, subscriptions } = state;
  const activeClients = (product: string) => licensesOf(state.licenses, product).active;
  if (command.type === 'StartSubscription')
    return start(subscriptions, command, { userId, activeClients }, context);
  const before = subscriptions.byId.get(command.subscriptionId);
  if (!before) return rejected({ code: 'not_found', what: 'subscription' });
  switch (command.type) {
    case 'RenewSubscription':
      return renew(before, command, userId, context);
    case 'ChangePlan':
      return changePlan(before, command, { userId, activeClients: activeClients(before.product) }, context);
    case 'CancelSubscription':
      return cancel(before, command, userId, context);
    case 'WithdrawCancellation':
      return withdrawCancellation(before, userId, context);
    case 'SuspendSubscription':
      return suspend(before, command, userId, context);
    case 'ReinstateSubscription':
      return reinstate(before, command, userId, context);
    case 'TellOfEnd':
      return tellOfEnd(before, subscriptions, userId, context);
    default:
      return command satisfies never;
  }
}
