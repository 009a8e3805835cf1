import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import type { FieldSpec, Option, Values } from '../../parts/components/field.ts';
import { texts } from '../texts/texts.ts';
import { type Action, body, given } from './action.ts';

const t = texts.commands.fields;

/** Fields that several actions have. */
export const reason: FieldSpec = { name: 'reason', label: t.reason, hint: t.reasonHint, kind: 'textarea' };

export const reasonOf = (values: Values) => ({ reason: given(values, 'reason') });

export const months: FieldSpec = {
  name: 'months',
  label: t.months,
  kind: 'number',
  value: '12',
  min: 1,
  max: 120,
  required: true,
};

export const endDate: FieldSpec = { name: 'end_date', label: t.end, kind: 'date', required: true };

export const quantity = (value = 1): FieldSpec => ({
  name: 'quantity',
  label: t.quantity,
  hint: t.quantityHint,
  kind: 'number',
  value: String(value),
  min: 1,
  max: 10_000,
  required: true,
});

/** A plan with its product, as one choice: `app/pro`. @param product only its plans */
export const planOptions = ({ products }: ShownCatalogue, product?: string): Option[] =>
  products
    .filter((one) => product === undefined || one.product === product)
    .flatMap((one) =>
      one.plans.map(({ plan }) => ({
        value: `${one.product}/${plan}`,
        label: products.length === 1 ? plan : `${one.product}: ${plan}`,
      })),
    );

export function chosenPlan(values: Values): { readonly product?: string; readonly plan?: string } {
  const [product = '', plan = ''] = (given(values, 'plan') ?? '').split('/');
  return { product, plan };
}

/** The command `POST <path>` with these fields, those that were left empty left out. */
export const posting =
  (path: string, of: (values: Values) => Readonly<Record<string, unknown>> = () => ({})): Action['command'] =>
  (values) => ({ method: 'POST', path, body: body(of(values)) ?? {} });
