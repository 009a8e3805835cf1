import type { ServiceAccountResource } from '../../../../shared/http/routes/service-account.ts';
import { CopyText } from '../../parts/components/copy.ts';
import type { FieldSpec } from '../../parts/components/field.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';
import { type Action, given, givenDay } from './action.ts';
import { posting } from './fields.ts';

const t = texts.staff;
const scopes = ['staff:write'] as const;

/** Whoever gives scopes gives only their own. @param mine theirs, whose order is kept */
export const scopesField = (mine: readonly string[], value: readonly string[] = []): FieldSpec => ({
  name: 'scopes',
  label: t.scopes,
  kind: 'checks',
  value,
  options: [...new Set([...mine, ...value])].map((scope) => ({
    value: scope,
    label: scope,
    hint: t.scope[scope],
  })),
});

export const addService = (mine: readonly string[]): Action => ({
  ...t.addService,
  scopes,
  fields: [
    { name: 'name', label: t.services.name, hint: t.services.nameHint, required: true },
    scopesField(mine),
  ],
  command: posting('/v1/service-accounts', (values) => ({
    name: given(values, 'name'),
    scopes: values.scopes,
  })),
  result: (answer) => {
    const { service_account_id: id } = answer as ServiceAccountResource;
    return html`<p><a class="button primary" href=${`#/service-accounts/${id}`}>${t.addService.open}</a></p>`;
  },
});

/** What can be done with a service account. */
export function serviceActions(account: ServiceAccountResource, mine: readonly string[]): readonly Action[] {
  const { name, service_account_id: id } = account;
  const path = `/v1/service-accounts/${id}`;
  return [
    {
      ...t.issueKey,
      title: t.issueKey.title(name),
      scopes,
      fields: [{ name: 'expires_at', label: texts.commands.fields.expires, kind: 'date' }],
      isShownOnce: true,
      command: posting(`${path}/keys`, (values) => ({ expires_at: givenDay(values, 'expires_at') })),
      result: (answer) => html`<p class="hint">${t.services.secretHint}</p>
        <${CopyText} label=${t.services.id} text=${id} />
        <${CopyText} label=${t.services.secret} text=${(answer as { secret: string }).secret} />`,
    },
    {
      ...t.changeScopes,
      title: t.changeScopes.title(name),
      scopes,
      fields: [scopesField(mine, account.scopes)],
      command: posting(`${path}/scopes`, (values) => ({ scopes: values.scopes })),
    },
    {
      ...t.removeService,
      title: t.removeService.title(name),
      scopes,
      danger: true,
      fields: [],
      command: () => ({ method: 'DELETE', path }),
    },
  ];
}

export const revokeServiceKey = (accountId: string, keyId: string): Action => ({
  ...t.revokeKey,
  scopes,
  danger: true,
  fields: [],
  command: posting(`/v1/service-accounts/${accountId}/keys/${keyId}/revoke`),
});
