import { useState } from 'preact/hooks';
import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { Form } from '../../parts/components/form.ts';
import { ProblemNotice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import type { View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { nameOf } from '../words.ts';
import { currentOf, type Holding, possibleFor } from './offers.ts';

export interface ActionsProps {
  readonly view: View;
  readonly subscription: SubscriptionResource;
  readonly holding: Holding;
}

/** What the customer can do about what they have. */
export function Actions({ view, subscription, holding }: ActionsProps) {
  const [isCancelling, setCancelling] = useState(false);
  const [state, setState] = useState<{ readonly busy?: string; readonly problem?: Problem }>({});
  const { session, done } = view;
  const name = nameOf(subscription.plan_type);
  const path = `/v1/subscriptions/${subscription.subscription_id}`;
  const isCounted = currentOf(holding.subscriptions, subscription.product, Date.now()) !== undefined;
  const { cancel, uncancel, renewMonths } = possibleFor(holding, subscription, Date.now());
  const run = async (verb: string, body: unknown, said: (now: SubscriptionResource) => string) => {
    setState({ busy: verb });
    const outcome = await session.command<SubscriptionResource>(`${path}/${verb}`, body);
    setState(outcome.ok ? {} : { problem: outcome.problem });
    if (outcome.ok) done(said(outcome.body));
  };
  if (!isCounted) return undefined;
  return html`<div class="buttons">
    ${state.problem && html`<${ProblemNotice} problem=${state.problem} known=${texts.problems} />`}
    ${
      renewMonths !== undefined &&
      html`<${Button} kind="primary" busy=${state.busy === 'renew'} onClick=${() =>
        run('renew', { months: renewMonths }, (now) =>
          texts.plan.renewed(formatDay(now.end_date)),
        )}>${texts.plan.renew}<//>`
    }
    ${
      uncancel &&
      html`<${Button} busy=${state.busy === 'uncancel'} onClick=${() =>
        run('uncancel', undefined, () => texts.plan.uncancelled(name))}>${texts.plan.uncancel}<//>`
    }
    ${cancel && html`<${Button} onClick=${() => setCancelling(true)}>${texts.plan.cancel}<//>`}
    ${
      isCancelling &&
      html`<${Dialog} title=${texts.plan.cancelTitle(name)} onClose=${() => setCancelling(false)}>
      <p>${(subscription.trial ? texts.plan.cancelTrialLead : texts.plan.cancelLead)(formatDay(subscription.end_date))}</p>
      <${Form} fields=${[]} submit=${texts.plan.cancel} danger known=${texts.problems} onCancel=${() => setCancelling(false)}
        onSubmit=${async () => {
          const outcome = await session.command<SubscriptionResource>(`${path}/cancel`);
          if (!outcome.ok) return outcome.problem;
          setCancelling(false);
          done(texts.plan.cancelled(name, formatDay(outcome.body.end_date)));
          return undefined;
        }} />
    <//>`
    }
  </div>`;
}
