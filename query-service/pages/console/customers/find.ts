import { useState } from 'preact/hooks';
import { Button } from '../../parts/components/button.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { goTo } from '../../parts/router.ts';
import { formatDay } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { addCustomer, releaseEmail } from '../actions/customers.ts';
import { Page } from '../frame/page.ts';
import { api, may, useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { boughtText } from './event-text.ts';
import { nameOf } from './resources.ts';
import { type Found, type Searched, search } from './search.ts';
import { Status } from './status.ts';

const t = texts.customer.find;

/** What was looked for last: who comes back from a customer finds it again. Not in the address, which a browser keeps. */
let lastQuery = '';

/** One box for whatever a customer says on the phone. */
export function FindCustomer() {
  const me = useMe();
  const [typed, setTyped] = useState(lastQuery);
  const [asked, setAsked] = useState({ query: lastQuery, turn: 0 });
  const mayRead = may(me, 'customers:read');
  const found = useLoaded<Searched>(
    asked.query || undefined,
    async () => {
      const outcome = await search(api, asked.query, mayRead);
      const only = outcome.ok && outcome.body.found.length === 1 ? outcome.body.found[0] : undefined;
      if (only && asked.turn > 0) goTo(`#/customers/${only.customer.user_id}`);
      return outcome;
    },
    asked.turn,
  );
  const submit = (event: Event) => {
    event.preventDefault();
    lastQuery = typed.trim();
    setAsked(({ turn }) => ({ query: lastQuery, turn: turn + 1 }));
  };
  return html`<${Page} title=${t.title} tools=${html`
      <${ActionButton} action=${addCustomer} kind="plain" onDone=${() => undefined} />
      <${ActionButton} action=${releaseEmail} kind="quiet" onDone=${() => undefined} />`}>
    <form class="search" role="search" onSubmit=${submit}>
      <label class="unseen" for="search">${t.label}</label>
      <input id="search" type="search" value=${typed} placeholder=${t.label} autocomplete="off" spellcheck=${false}
        aria-describedby="search-hint" data-first-focus
        onInput=${(event: Event & { currentTarget: HTMLInputElement }) => setTyped(event.currentTarget.value)} />
      <${Button} submit kind="primary">${t.submit}<//>
    </form>
    <p class="hint" id="search-hint">${t.hint}</p>
    ${asked.query && html`<${Show} loaded=${found}>${(result: Searched) => html`<${Results} ...${result} query=${asked.query} />`}<//>`}
  <//>`;
}

function Results({ found, hasMore, query }: Searched & { readonly query: string }) {
  if (found.length === 0)
    return html`<div class="card" role="status"><p><strong>${t.none(query)}</strong></p><p class="hint">${t.noneHint}</p></div>`;
  return html`<section class="card">
    <p role="status" class="soft">${t.count(found.length)}${hasMore && ` · ${t.more}`}</p>
    <${Table} caption=${t.caption} rows=${found} rowKey=${({ customer }: Found) => customer.user_id} empty="" columns=${[
      {
        label: t.customer,
        cell: ({
          customer,
        }: Found) => html`<a href=${`#/customers/${customer.user_id}`}>${nameOf(customer)}</a>
          ${customer.name && customer.email && html`<br /><span class="soft">${customer.name}</span>`}`,
      },
      {
        label: t.subscription,
        cell: ({ customer }: Found) =>
          customer.status === 'erased'
            ? html`<${Status} status="erased" />`
            : customer.subscriptions.map(
                (one) =>
                  html`<span class="line">${boughtText(one.plan_type, one.quantity, one.trial)} <${Status} status=${one.status} /></span>`,
              ),
      },
      { label: t.since, cell: ({ customer }: Found) => formatDay(customer.created_at) },
      { label: t.foundBy, cell: ({ by }: Found) => t.by[by] },
    ]} />
  </section>`;
}
