import { CopyText } from '../../parts/components/copy.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { type Customer, nameOf } from '../customers/resources.ts';
import { texts } from '../texts/texts.ts';
import { type Action, given } from './action.ts';
import { posting } from './fields.ts';

const t = texts.commands;
const { fields } = t;

export const addCustomer: Action = {
  ...t.addCustomer,
  scopes: ['customers:write'],
  fields: [
    { name: 'email', label: fields.email, kind: 'email' },
    { name: 'name', label: fields.name },
    { name: 'external_id', label: fields.externalId, hint: fields.externalIdHint },
  ],
  command: posting('/v1/users', (values) => ({
    email: given(values, 'email'),
    name: given(values, 'name'),
    external_id: given(values, 'external_id'),
  })),
  result: (answer) =>
    html`<p><a class="button primary" href=${`#/customers/${(answer as Customer).user_id}`}>${t.addCustomer.open}</a></p>`,
};

export const releaseEmail: Action = {
  ...t.releaseEmail,
  scopes: ['customers:erase'],
  fields: [{ name: 'email', label: fields.email, kind: 'email', required: true }],
  command: posting('/v1/emails/release', (values) => ({ email: given(values, 'email') })),
};

/** What can be done with the account itself. */
export function accountActions(customer: Customer): readonly Action[] {
  const name = nameOf(customer);
  const path = `/v1/users/${customer.user_id}`;
  const hasEmail = customer.email !== null;
  return [
    ...(hasEmail ? [resetPassword(name, path)] : []),
    {
      ...t.changeEmail,
      title: t.changeEmail.title(name),
      scopes: ['customers:write'],
      fields: [{ name: 'email', label: fields.newEmail, kind: 'email', required: true }],
      command: posting(`${path}/email`, (values) => ({ email: given(values, 'email') })),
    },
    {
      ...t.endSessions,
      title: t.endSessions.title(name),
      scopes: ['customers:write'],
      fields: [],
      command: posting(`${path}/sessions/end`),
    },
    {
      ...t.erase,
      title: t.erase.title(name),
      scopes: ['customers:erase'],
      danger: true,
      fields: [{ name: 'confirm', label: fields.confirm, required: true, pattern: 'ERASE' }],
      command: () => ({ method: 'DELETE', path }),
    },
  ];
}

const resetPassword = (name: string, path: string): Action => ({
  ...t.resetPassword,
  title: t.resetPassword.title(name),
  scopes: ['customers:write'],
  fields: [],
  command: posting(`${path}/password-reset`),
  isShownOnce: true,
  result: (answer) => {
    const { token, expires_at: until } = answer as { token: string; expires_at: string };
    return html`<${CopyText} label=${t.resetPassword.link} text=${`${location.origin}/account#reset=${token}`} />
      <p class="hint">${t.resetPassword.until(formatTime(until))}</p>`;
  },
});
