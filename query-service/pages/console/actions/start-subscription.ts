import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import { type Customer, nameOf } from '../customers/resources.ts';
import { texts } from '../texts/texts.ts';
import { type Action, given, givenDay, givenNumber } from './action.ts';
import { chosenPlan, endDate, months, planOptions, posting, quantity } from './fields.ts';

const t = texts.commands;
const { fields } = t;

export const startSubscription = (customer: Customer, catalogue: ShownCatalogue): Action => ({
  ...t.start,
  title: t.start.title(nameOf(customer)),
  scopes: ['subscriptions:write'],
  fields: [
    { name: 'plan', label: fields.plan, kind: 'select', options: planOptions(catalogue), required: true },
    {
      name: 'how',
      label: fields.how,
      kind: 'select',
      required: true,
      options: [
        { value: 'months', label: fields.forMonths },
        { value: 'dates', label: fields.byDates },
        { value: 'trial', label: fields.trial },
      ],
    },
    { ...months, when: ({ how }) => how === 'months' },
    {
      name: 'start_date',
      label: fields.start,
      kind: 'date',
      required: true,
      when: ({ how }) => how === 'dates',
    },
    { ...endDate, when: ({ how }) => how === 'dates' },
    { ...quantity(), when: ({ how }) => how !== 'trial' },
    { name: 'external_id', label: fields.externalId, hint: fields.externalIdHint },
  ],
  command: posting('/v1/subscriptions', (values) => ({
    user_id: customer.user_id,
    ...chosenPlan(values),
    trial: values.how === 'trial' ? true : undefined,
    months: givenNumber(values, 'months'),
    start_date: givenDay(values, 'start_date'),
    end_date: givenDay(values, 'end_date'),
    quantity: givenNumber(values, 'quantity'),
    external_id: given(values, 'external_id'),
  })),
});
