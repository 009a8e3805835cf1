import { useState } from 'preact/hooks';
import type { LicenseResource } from '../../../../shared/http/routes/resources.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import type { View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { machineName, nameOf, seenText } from '../words.ts';

const words = texts.machines;

/** A refusal for want of a place, with those that have one. */
interface Full {
  readonly limit: number;
  readonly active_clients: readonly (Pick<LicenseResource, 'client_name' | 'last_seen_on'> & {
    readonly client_id: string;
  })[];
}

interface Activated {
  readonly activation_key: string;
}

function fieldsFor(products: readonly string[], full: Full | undefined): FieldSpec[] {
  const product: FieldSpec = {
    name: 'product',
    label: words.product,
    kind: 'select',
    required: true,
    options: products.map((value) => ({ value, label: nameOf(value) })),
  };
  return [
    ...(products.length > 1 ? [product] : []),
    { name: 'client_id', label: words.clientId, kind: 'code', required: true, hint: words.clientIdHint },
    { name: 'client_name', label: words.clientName, hint: words.clientNameHint },
    ...(full
      ? [
          {
            name: 'replaces',
            label: words.choose,
            kind: 'select',
            required: true,
            options: full.active_clients.map((one) => ({
              value: one.client_id,
              label: `${machineName(one)} (${one.client_id}) · ${words.seen}: ${seenText(one.last_seen_on, Date.now())}`,
            })),
          } as const,
        ]
      : []),
  ];
}

/** In a customer's words: when the next replacement is possible. */
function known(problem: Problem | undefined): Readonly<Record<string, string>> {
  const limit = problem?.limit;
  const next = problem?.next_at;
  const usedUp =
    typeof limit === 'number' && typeof next === 'string'
      ? words.usedUp(limit, formatDay(next))
      : words.usedUpForGood;
  return { ...texts.problems, no_active_subscription: words.noPlan, replacements_used_up: usedUp };
}

export interface ActivateProps {
  readonly view: View;
  /** The machine whose place the new one gets. Without it that is asked only where no place is free. */
  readonly replaces?: LicenseResource | undefined;
  readonly onClose: () => void;
}

/** Activates a machine from here, by the id that the program shows. */
export function Activate({ view, replaces, onClose }: ActivateProps) {
  const [full, setFull] = useState<Full>();
  const [problem, setProblem] = useState<Problem>();
  const [key, setKey] = useState<string>();
  const products = view.account.products.map(({ product }) => product);
  const title = replaces ? words.replaceTitle(machineName(replaces)) : words.add;
  const submit = async (values: Values) => {
    const name = String(values.client_name).trim();
    const old = replaces?.client_id ?? (full && String(values.replaces));
    const outcome = await view.session.command<Activated>('/v1/activations', {
      client_id: String(values.client_id).trim(),
      ...(name && { client_name: name }),
      product: replaces?.product ?? values.product ?? products[0],
      ...(old && { replaces: old }),
    });
    if (outcome.ok) {
      setKey(outcome.body.activation_key);
      view.done(words.activatedTitle);
      return undefined;
    }
    if (outcome.problem.code === 'client_limit_reached' && !old) {
      setFull(outcome.problem as unknown as Full);
      return undefined;
    }
    setProblem(outcome.problem);
    return outcome.problem;
  };
  if (key !== undefined)
    return html`<${Dialog} title=${words.activatedTitle} onClose=${onClose}>
      <p>${words.activationKeyLead}</p>
      <div class="long-key"><${CopyText} text=${key} label=${words.activationKey} /></div>
      <div class="buttons"><${Button} kind="primary" onClick=${onClose}>${words.finish}<//></div>
    <//>`;
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p class="soft">${replaces ? words.replaceLead(machineName(replaces)) : words.addLead}</p>
    ${full && html`<${Notice} tone="warning" title=${words.fullTitle}><p>${words.full(full.limit)}</p><//>`}
    <${Form} fields=${fieldsFor(replaces ? [] : products, full)} submit=${replaces || full ? words.submitReplace : words.submitAdd}
      autofocus known=${known(problem)} onCancel=${onClose} onSubmit=${submit} />
  <//>`;
}
