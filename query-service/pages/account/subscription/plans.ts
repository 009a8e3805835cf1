import { useState } from 'preact/hooks';
import type { ShownPlan } from '../../../../shared/catalogue/shown.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { Form } from '../../parts/components/form.ts';
import { ProblemNotice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatMoney, formatNumber } from '../../parts/texts/format.ts';
import type { View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { featureName, nameOf } from '../words.ts';
import { type Offer, offerOf } from './offers.ts';
import { changePlan, startPlan, startTrial } from './start.ts';

/** The catalogue, with what the customer can do by themselves. */
export const Plans = ({ view }: { readonly view: View }) => {
  const { products, subscriptions } = view.account;
  return html`${products.map(
    ({ product, plans }) => html`<section class="stack" key=${product} aria-labelledby=${`plans-${product}`}>
      <h2 class="section-title" id=${`plans-${product}`}>${products.length > 1 ? texts.plans.titleOf(nameOf(product)) : texts.plans.title}</h2>
      <div class="plans">${plans.map(
        (plan) => html`<${PlanCard} key=${plan.plan} view=${view} product=${product} plan=${plan}
          offer=${offerOf({ subscriptions, product, plans }, plan, Date.now())} />`,
      )}</div>
    </section>`,
  )}`;
};

const priceOf = ({ price, started_by: by }: ShownPlan) =>
  price
    ? html`<p class="price"><strong>${formatMoney(price.amount, price.currency)}</strong> <span class="soft">${texts.plans.per(price.months)}</span></p>`
    : html`<p class="price"><strong>${by === 'customer' ? texts.plans.free : texts.plans.noPrice}</strong></p>`;

interface PlanProps {
  readonly view: View;
  readonly product: string;
  readonly plan: ShownPlan;
  readonly offer: Offer;
}

function PlanCard(props: PlanProps) {
  const { plan, offer } = props;
  const facts = [
    texts.plans.machines(formatNumber(plan.max_clients), plan.max_clients === 1),
    ...plan.entitlements.map(featureName),
    texts.plans.offline(plan.lease_hours),
    ...(plan.grace_days > 0 ? [texts.plans.grace(plan.grace_days)] : []),
  ];
  return html`<article class=${`card plan ${offer.kind === 'current' ? 'chosen' : ''}`}>
    <h3 class="plan-name">${nameOf(plan.plan)}</h3>
    ${priceOf(plan)}
    <ul class="facts-list">${facts.map((fact) => html`<li key=${fact}>${fact}</li>`)}</ul>
    <${Choose} ...${props} />
  </article>`;
}

function Choose({ view, product, plan, offer }: PlanProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  const name = nameOf(plan.plan);
  const take = async (start: () => Promise<Problem | undefined>, said: string) => {
    setBusy(true);
    setProblem(undefined);
    const refused = await start();
    setBusy(false);
    if (refused) setProblem(refused);
    view.done(refused ? undefined : said);
    return refused;
  };
  const chosen = { session: view.session, product, plan: plan.plan };
  const button = (text: string, onClick: () => void, kind = 'primary') =>
    html`<${Button} kind=${kind} busy=${busy} onClick=${onClick}>${text}<//>`;
  const control = () => {
    switch (offer.kind) {
      case 'current':
        return html`<p class="plan-state">✓ ${texts.plans.current}</p>`;
      case 'start':
        return button(texts.plans.start(name), () =>
          take(() => startPlan(chosen, offer.months), texts.plan.started(name)),
        );
      case 'change':
        return button(
          texts.plans.change(name),
          () => take(() => changePlan(chosen, offer.subscription), texts.plan.changed(name)),
          'plain',
        );
      case 'trial':
        return button(texts.plans.trial(offer.days), () =>
          offer.instead ? setAsking(true) : take(() => startTrial(chosen), texts.plan.started(name)),
        );
      case 'seller':
        return html`<p class="plan-state soft">${texts.plans.seller}</p>`;
      case 'later':
        return html`<p class="plan-state soft">${texts.plans.later}</p>`;
      case 'suspended':
        return html`<p class="plan-state soft">${texts.plan.statuses.suspended}</p>`;
      default:
        return offer satisfies never;
    }
  };
  return html`<div class="choose">
    ${problem && !isAsking && html`<${ProblemNotice} problem=${problem} known=${texts.problems} />`}
    ${control()}
    ${
      isAsking &&
      offer.kind === 'trial' &&
      offer.instead &&
      html`<${Dialog} title=${texts.plans.insteadTitle(name)} onClose=${() => setAsking(false)}>
      <p>${texts.plans.instead(nameOf(offer.instead.subscription.plan_type), offer.days)}</p>
      <${Form} fields=${[]} submit=${texts.plans.insteadSubmit} known=${texts.problems} onCancel=${() => setAsking(false)}
        onSubmit=${async () => {
          const refused = await take(() => startTrial(chosen, offer.instead), texts.plan.started(name));
          if (!refused) setAsking(false);
          return refused;
        }} />
    <//>`
    }
  </div>`;
}
