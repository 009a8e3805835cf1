import { useState } from 'preact/hooks';
import type { LicenseKeyResource } from '../../../../shared/http/routes/resources.ts';
import { Button } from '../../parts/components/button.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { html } from '../../parts/html.ts';
import type { View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { nameOf } from '../words.ts';

const words = texts.keys;

const fieldsFor = (products: readonly string[]): FieldSpec[] => [
  ...(products.length > 1
    ? [
        {
          name: 'product',
          label: words.product,
          kind: 'select',
          required: true,
          options: products.map((value) => ({ value, label: nameOf(value) })),
        } as const,
      ]
    : []),
  { name: 'uses', label: words.usesField, kind: 'number', min: 1, hint: words.usesHint },
  { name: 'expires_at', label: words.expiresField, kind: 'date', hint: words.expiresHint },
];

/** The end of a day of the browser's time zone, which the key is still good on. */
function endOf(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1).toISOString();
}

export interface CreateKeyProps {
  readonly view: View;
  readonly onCreated: () => void;
  readonly onClose: () => void;
}

export function CreateKey({ view, onCreated, onClose }: CreateKeyProps) {
  const [created, setCreated] = useState<string>();
  const products = view.account.products.map(({ product }) => product);
  const submit = async ({ product, uses, expires_at: day }: Values) => {
    const outcome = await view.session.command<LicenseKeyResource>('/v1/license-keys', {
      product: product ?? products[0],
      ...(uses && { uses: Number(uses) }),
      ...(day && { expires_at: endOf(String(day)) }),
    });
    if (!outcome.ok) return outcome.problem;
    setCreated(outcome.body.license_key ?? '');
    onCreated();
    return undefined;
  };
  if (created !== undefined)
    return html`<${Dialog} title=${words.createdTitle} onClose=${onClose}>
      <div class="big-key"><${CopyText} text=${created} label=${words.key} /></div>
      <p class="soft">${words.createdLead}</p>
      <div class="buttons"><${Button} kind="primary" onClick=${onClose}>${texts.machines.finish}<//></div>
    <//>`;
  return html`<${Dialog} title=${words.create} onClose=${onClose}>
    <${Form} fields=${fieldsFor(products)} submit=${words.submit} autofocus onCancel=${onClose} onSubmit=${submit}
      known=${{ ...texts.problems, license_keys_limit_reached: words.limit }} />
  <//>`;
}
