import { actions } from './actions.ts';
import { commands } from './commands.ts';
import { customer } from './customer.ts';
import { events } from './events.ts';
import { frame } from './frame.ts';
import { lists } from './lists.ts';
import { session } from './session.ts';
import { staff } from './staff.ts';
import { webhooks } from './webhooks.ts';

/** Everything that the console says, in English. Another language is a table of this shape. */
export const en = { frame, session, customer, events, actions, commands, lists, staff, webhooks };

export type ConsoleTexts = typeof en;
