import { CopyText } from '../../parts/components/copy.ts';
import { Show } from '../../parts/components/load.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { memberActions } from '../actions/staff.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { useResource } from '../frame/resource.ts';
import { useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { Member } from './member-resource.ts';
import { Scopes } from './scopes.ts';

const t = texts.staff.members;

/** A member of staff. */
export function MemberPage({ id }: { readonly id: string }) {
  const me = useMe();
  const { loaded, onDone } = useResource<Member>(`/v1/staff/${id}`);
  const { data } = loaded;
  return html`<${Page} title=${data?.name ?? t.title} above=${html`<p><a href="#/staff">← ${t.back}</a></p>`}
      tools=${
        data &&
        data.status !== 'removed' &&
        memberActions(data, me.scopes).map(
          (action) =>
            html`<${ActionButton} key=${action.label} small action=${action} basis=${{ etag: loaded.etag }} onDone=${onDone} />`,
        )
      }>
    <${Show} loaded=${loaded}>${(member: Member) => html`<dl class="card facts">
      <div><dt>${t.status}</dt><dd><${Status} status=${member.status} /></dd></div>
      <div><dt>${t.email}</dt><dd>${member.email}</dd></div>
      <div><dt>${t.since}</dt><dd>${formatTime(member.created_at)}</dd></div>
      <div><dt>${t.id}</dt><dd><${CopyText} text=${member.staff_id} label=${t.id} /></dd></div>
      <div><dt>${texts.staff.scopes}</dt><dd><${Scopes} scopes=${member.scopes} /></dd></div>
    </dl>`}<//>
  <//>`;
}
