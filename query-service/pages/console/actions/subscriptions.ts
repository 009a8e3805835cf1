import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import { formatDay } from '../../parts/texts/format.ts';
import { boughtText } from '../customers/event-text.ts';
import { texts } from '../texts/texts.ts';
import { type Action, givenDay, givenNumber } from './action.ts';
import { chosenPlan, endDate, months, planOptions, posting, quantity, reason, reasonOf } from './fields.ts';

const t = texts.commands;
const { fields } = t;
const scopes = ['subscriptions:write'] as const;

const pathOf = (one: SubscriptionResource, name: string) =>
  `/v1/subscriptions/${one.subscription_id}/${name}`;
const nameOf = (one: SubscriptionResource) => boughtText(one.plan_type, one.quantity, one.trial);

/** Actions that ask for nothing but a reason. */
const because = (one: SubscriptionResource, name: 'suspend' | 'reinstate'): Action => ({
  ...t[name],
  title: t[name].title(nameOf(one)),
  scopes,
  danger: name === 'suspend',
  fields: [reason],
  command: posting(pathOf(one, name), reasonOf),
});

/** The first day that begins after a time, as a field has it: a renewal to an earlier end is answered, and changes nothing. */
function dayAfter(time: string): string {
  const day = new Date(time);
  day.setHours(24, 0, 0, 0);
  return day.toLocaleDateString('sv');
}

const renew = (one: SubscriptionResource): Action => ({
  ...t.renew,
  title: t.renew.title(nameOf(one)),
  explain: t.renew.explain(formatDay(one.end_date)),
  scopes,
  fields: [
    {
      name: 'how',
      label: fields.until,
      kind: 'select',
      required: true,
      options: [
        { value: 'months', label: fields.someMonths },
        { value: 'date', label: fields.toDate },
      ],
    },
    { ...months, when: ({ how }) => how === 'months' },
    { ...endDate, hint: fields.laterHint, min: dayAfter(one.end_date), when: ({ how }) => how === 'date' },
  ],
  command: posting(pathOf(one, 'renew'), (values) => ({
    months: givenNumber(values, 'months'),
    end_date: givenDay(values, 'end_date'),
  })),
});

const changePlan = (one: SubscriptionResource, catalogue: ShownCatalogue): Action => ({
  ...t.changePlan,
  title: t.changePlan.title(nameOf(one)),
  scopes,
  fields: [
    {
      name: 'plan',
      label: fields.plan,
      kind: 'select',
      options: planOptions(catalogue, one.product),
      value: `${one.product}/${one.plan_type}`,
      required: true,
    },
    quantity(one.quantity),
  ],
  command: posting(pathOf(one, 'change-plan'), (values) => ({
    plan: chosenPlan(values).plan,
    quantity: givenNumber(values, 'quantity'),
  })),
});

const cancel = (one: SubscriptionResource): Action => ({
  ...t.cancel,
  title: t.cancel.title(nameOf(one)),
  explain: t.cancel.explain(formatDay(one.end_date)),
  scopes,
  danger: true,
  fields: [{ name: 'immediately', label: fields.immediately, kind: 'checkbox' }, reason],
  command: posting(pathOf(one, 'cancel'), (values) => ({
    immediately: values.immediately === true ? true : undefined,
    ...reasonOf(values),
  })),
});

const uncancel = (one: SubscriptionResource): Action => ({
  ...t.uncancel,
  title: t.uncancel.title(nameOf(one)),
  scopes,
  fields: [],
  command: posting(pathOf(one, 'uncancel')),
});

/** What can be done with a subscription in the state that it is in; the server decides, also of what has changed since. */
export function subscriptionActions(
  one: SubscriptionResource,
  catalogue: ShownCatalogue,
  now = Date.now(),
): readonly Action[] {
  const canWithdraw = one.cancelled_by !== null && Date.parse(one.end_date) > now;
  switch (one.status) {
    case 'scheduled':
    case 'active':
    case 'grace':
      return [renew(one), changePlan(one, catalogue), because(one, 'suspend'), cancel(one)];
    case 'suspended':
      return [
        because(one, 'reinstate'),
        ...(one.cancelled_by === null ? [renew(one), cancel(one)] : []),
        ...(canWithdraw ? [uncancel(one)] : []),
      ];
    case 'cancelled':
      return canWithdraw ? [uncancel(one), because(one, 'suspend')] : [];
    case 'expired':
      return [];
    default:
      return one.status satisfies never;
  }
}
