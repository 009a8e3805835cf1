import type { WebhookResource } from '../../../../shared/webhooks/resource.ts';
import { CopyText } from '../../parts/components/copy.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import { type Children, html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';
import { type Delivery, WEBHOOK_TYPES } from '../webhooks/resources.ts';
import { type Action, given } from './action.ts';
import { posting } from './fields.ts';

const t = texts.webhooks;
const scopes = ['webhooks:write'] as const;

const fieldsOf = (webhook?: WebhookResource): FieldSpec[] => [
  { name: 'url', label: t.url, hint: t.urlHint, kind: 'url', required: true, value: webhook?.url ?? '' },
  { name: 'description', label: t.description, value: webhook?.description ?? '' },
  { name: 'product', label: t.product, hint: t.productHint, value: webhook?.product ?? '' },
  {
    name: 'types',
    label: t.types,
    kind: 'checks',
    value: webhook?.types ?? [],
    options: WEBHOOK_TYPES.map((type) => ({ value: type, label: type })),
  },
];

const chosenTypes = ({ types }: Values): readonly string[] | undefined =>
  Array.isArray(types) && types.length > 0 ? (types as readonly string[]) : undefined;

const secret = (answer: unknown): Children =>
  html`<${CopyText} label=${t.secret} text=${(answer as { readonly secret: string }).secret} />
    <p class="hint">${t.secretHint}</p>`;

export const addWebhook: Action = {
  ...t.add,
  scopes,
  fields: fieldsOf(),
  command: posting('/v1/webhooks', (values) => ({
    url: given(values, 'url'),
    description: given(values, 'description'),
    product: given(values, 'product'),
    types: chosenTypes(values),
  })),
  result: secret,
  isShownOnce: true,
};

/** What was emptied is told so: null means everything, or nothing said. */
const change = (webhook: WebhookResource, path: string): Action => ({
  ...t.change,
  scopes,
  fields: fieldsOf(webhook),
  command: (values) => ({
    method: 'PATCH',
    path,
    body: {
      url: given(values, 'url'),
      description: given(values, 'description') ?? null,
      product: given(values, 'product') ?? null,
      types: chosenTypes(values) ?? null,
    },
  }),
});

/** What can be done with a webhook in the state that it is in. */
export function webhookActions(webhook: WebhookResource): readonly Action[] {
  const path = `/v1/webhooks/${webhook.webhook_id}`;
  const isEnabled = webhook.status === 'enabled';
  const simple = (name: 'test' | 'enable' | 'disable', route: string): Action => ({
    ...t[name],
    scopes,
    fields: [],
    command: posting(`${path}/${route}`),
  });
  return [
    ...(isEnabled ? [simple('test', 'test')] : []),
    change(webhook, path),
    {
      ...t.rotate,
      scopes,
      fields: [],
      command: posting(`${path}/rotate-secret`),
      result: secret,
      isShownOnce: true,
    },
    isEnabled ? simple('disable', 'disable') : simple('enable', 'enable'),
    { ...t.remove, scopes, danger: true, fields: [], command: () => ({ method: 'DELETE', path }) },
  ];
}

export const retryDelivery = (webhookId: string, { event_id: id }: Delivery): Action => ({
  ...t.retry,
  scopes,
  fields: [],
  command: posting(`/v1/webhooks/${webhookId}/deliveries/${id}/retry`),
});
