import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import type { LicenseKeyResource, LicenseResource } from '../../../../shared/http/routes/resources.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { html } from '../../parts/html.ts';
import { type Customer, nameOf } from '../customers/resources.ts';
import { texts } from '../texts/texts.ts';
import { type Action, given, givenDay, givenNumber } from './action.ts';
import { posting, reason, reasonOf } from './fields.ts';

const t = texts.commands;
const { fields } = t;

/** What a machine is called: the name that it gave, else its id; none once the customer is erased. */
export const machineName = ({ client_name, client_id, license_id }: LicenseResource): string =>
  client_name ?? client_id ?? license_id;

/** What can be done with a license in the state that it is in. */
export function licenseActions(license: LicenseResource): readonly Action[] {
  const name = machineName(license);
  const action = (
    texts: {
      readonly label: string;
      readonly title: (name: string) => string;
      readonly explain: string;
      readonly done: string;
    },
    route: string,
    danger = false,
  ): Action => ({
    ...texts,
    title: texts.title(name),
    scopes: ['licenses:write'],
    danger,
    fields: [reason],
    command: posting(`/v1/licenses/${license.license_id}/${route}`, reasonOf),
  });
  switch (license.status) {
    case 'active':
      return [action(t.deactivate, 'deactivate'), action(t.revoke, 'revoke', true)];
    case 'revoked':
      return [action(t.reinstateLicense, 'reinstate')];
    default:
      return [];
  }
}

export const issueKey = (customer: Customer, { products }: ShownCatalogue): Action => ({
  ...t.issueKey,
  title: t.issueKey.title(nameOf(customer)),
  scopes: ['keys:write'],
  fields: [
    ...(products.length > 1
      ? [
          {
            name: 'product',
            label: fields.product,
            kind: 'select' as const,
            required: true,
            options: products.map(({ product }) => ({ value: product, label: product })),
          },
        ]
      : []),
    { name: 'uses', label: fields.uses, hint: fields.usesHint, kind: 'number', min: 1, max: 10_000_000 },
    { name: 'expires_at', label: fields.expires, kind: 'date' },
    { name: 'note', label: fields.note, hint: fields.noteHint },
  ],
  command: posting('/v1/license-keys', (values) => ({
    user_id: customer.user_id,
    product: given(values, 'product'),
    uses: givenNumber(values, 'uses'),
    expires_at: givenDay(values, 'expires_at'),
    note: given(values, 'note'),
  })),
  result: (answer) =>
    html`<${CopyText} label=${t.issueKey.key} text=${(answer as LicenseKeyResource).license_key ?? ''} />`,
});

export const revokeKey = (key: LicenseKeyResource): Action => ({
  ...t.revokeKey,
  scopes: ['keys:write'],
  danger: true,
  fields: [reason],
  command: posting(`/v1/license-keys/${key.key_id}/revoke`, reasonOf),
});
