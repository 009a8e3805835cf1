import { useState } from 'preact/hooks';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { inviteMember } from '../actions/staff.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { Paged } from '../lists/paged.ts';
import { useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { Member } from './member-resource.ts';
import { Scopes } from './scopes.ts';

const t = texts.staff.members;

const COLUMNS = [
  {
    label: t.name,
    cell: (one: Member) =>
      html`<a href=${`#/staff/${one.staff_id}`}>${one.name ?? one.staff_id}</a><br /><span class="soft">${one.email}</span>`,
  },
  { label: t.status, cell: (one: Member) => html`<${Status} status=${one.status} />` },
  { label: texts.staff.scopes, cell: (one: Member) => html`<${Scopes} scopes=${one.scopes} />` },
  { label: t.since, cell: (one: Member) => formatDay(one.created_at) },
];

/** The people who sign in here. */
export function Members() {
  const me = useMe();
  const [turn, setTurn] = useState(0);
  return html`<${Page} title=${t.title} tools=${html`<${ActionButton} kind="primary" action=${inviteMember(me.scopes)} onDone=${() => setTurn(turn + 1)} />`}>
    <p class="soft">${t.intro}</p>
    <${Paged} path="/v1/staff" turn=${turn} caption=${t.title} empty=${t.empty} rowKey=${(one: Member) => one.staff_id} columns=${COLUMNS} />
  <//>`;
}
