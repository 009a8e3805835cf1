import type { ConsoleTexts } from '../en/texts.ts';
import { actions } from './actions.ts';
import { commands } from './commands.ts';
import { customer } from './customer.ts';
import { events } from './events.ts';
import { frame } from './frame.ts';
import { lists } from './lists.ts';
import { session } from './session.ts';
import { staff } from './staff.ts';
import { webhooks } from './webhooks.ts';

/** The same in German. */
export const de: ConsoleTexts = {
  frame,
  session,
  customer,
  events,
  actions,
  commands,
  lists,
  staff,
  webhooks,
};
