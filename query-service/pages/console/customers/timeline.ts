import { useState } from 'preact/hooks';
import { withQuery } from '../../parts/api/call.ts';
import { Button } from '../../parts/components/button.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { api, may, useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';

import { actorText, boughtText, eventText } from './event-text.ts';
import type { PartProps } from './part.ts';
import type { History, HistoryEvent } from './resources.ts';
import { Status } from './status.ts';

const t = texts.customer;

/** Events of one page. */
const PAGE = 25;

/** What happened, the latest first, each with the state that it left. */
export function Timeline({ customer, basis, turn }: Omit<PartProps, 'catalogue'>) {
  const mayRead = may(useMe(), 'history:read');
  return html`<section class="card timeline" aria-labelledby="history">
    <h2 id="history">${t.history}</h2>
    ${mayRead ? html`<${Events} userId=${customer.user_id} revision=${Number(basis.etag?.replaceAll('"', '') ?? 0)} turn=${turn} />` : html`<p class="hint">${t.historyHidden}</p>`}
  </section>`;
}

/** A run of the history: events from `first` on, at most `limit`. */
interface Run {
  readonly first: number;
  readonly limit: number;
}

/** The API pages from the first event on, and what matters on the phone is the last ones: the revision says where they begin. */
function Events({
  userId,
  revision,
  turn,
}: {
  readonly userId: string;
  readonly revision: number;
  readonly turn: number;
}) {
  const [runs, setRuns] = useState<readonly Run[]>([{ first: Math.max(0, revision + 1 - PAGE), limit: 100 }]);
  const { first } = runs.at(-1) as Run;
  const showEarlier = () => {
    const before = Math.max(0, first - PAGE);
    setRuns([...runs, { first: before, limit: first - before }]);
  };
  return html`${runs.map((run) => html`<${RunOfEvents} key=${run.first} run=${run} userId=${userId} turn=${turn} />`)}
    ${first > 0 && html`<div><${Button} small onClick=${showEarlier}>${t.earlier}<//></div>`}`;
}

function RunOfEvents({
  run,
  userId,
  turn,
}: {
  readonly run: Run;
  readonly userId: string;
  readonly turn: number;
}) {
  const path = withQuery(`/v1/users/${userId}/history`, {
    cursor: run.first > 0 ? String(run.first - 1) : undefined,
    limit: String(run.limit),
  });
  const loaded = useLoaded<History>(path, () => api({ method: 'GET', path }), turn);
  return html`<${Show} loaded=${loaded}>${({ events }: History) => html`<ol class="events" reversed>
    ${events.toReversed().map((event) => html`<${Event} key=${event.event_id} event=${event} />`)}
  </ol>`}<//>`;
}

function Event({ event }: { readonly event: HistoryEvent }) {
  return html`<li class="event">
    <p class="event-head"><strong>${eventText(event)}</strong></p>
    <p class="soft"><time datetime=${event.time}>${formatTime(event.time)}</time> · ${actorText(event.actor, useMe())}</p>
    ${event.state && event.type !== 'UserErased' && html`<${StateAfter} state=${event.state} />`}
    ${event.fault !== null && html`<${Notice} tone="warning" title=${t.fault}><p>${event.fault}</p><//>`}
    <details><summary>${t.details}</summary>
      <pre tabindex="0" role="region" aria-label=${`${t.details}: ${event.type}`}><code>${JSON.stringify(detailsOf(event), null, 2)}</code></pre>
    </details>
  </li>`;
}

const detailsOf = ({ revision, position, event_id, type, actor, correlation_id, data }: HistoryEvent) => ({
  type,
  revision,
  position,
  event_id,
  actor,
  correlation_id,
  data,
});

function StateAfter({ state }: { readonly state: NonNullable<HistoryEvent['state']> }) {
  const { subscriptions, licenses } = state;
  return html`<p class="state-after"><span class="unseen">${t.stateAfter}: </span>
    ${
      subscriptions.length === 0
        ? html`<span class="soft">${t.noSubscription}</span>`
        : subscriptions.map(
            (one) =>
              html`<span class="line" key=${one.subscription_id}>${boughtText(one.plan_type, one.quantity, one.trial)} <${Status} status=${one.status} /></span>`,
          )
    }
    <span class="soft">${t.activeMachines(licenses.active)}</span></p>`;
}
