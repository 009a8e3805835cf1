import { useState } from 'preact/hooks';
import { withQuery } from '../../parts/api/call.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { Notice, ProblemNotice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { actorText, eventText } from '../customers/event-text.ts';
import type { History } from '../customers/resources.ts';
import { api, may, useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { Basis } from './action.ts';

const t = texts.actions;

interface ChangedProps {
  readonly basis: Basis;
  readonly problem: Problem | undefined;
  readonly label: string;
  readonly danger: boolean | undefined;
  readonly onAgain: () => Promise<void>;
  readonly onLeave: () => void;
}

/** After a 412: what happened since the person looked, and whether they want it all the same. */
export function Changed({ basis, problem, label, danger, onAgain, onLeave }: ChangedProps) {
  const me = useMe();
  const [busy, setBusy] = useState(false);
  const revision = basis.etag?.replaceAll('"', '');
  const canTell = basis.userId !== undefined && revision !== undefined && may(me, 'history:read');
  const path = withQuery(`/v1/users/${basis.userId}/history`, { cursor: revision, limit: '20' });
  const since = useLoaded<History>(canTell ? path : undefined, () => api({ method: 'GET', path }));
  const again = async () => {
    setBusy(true);
    await onAgain();
    setBusy(false);
  };
  return html`<${Notice} tone="warning" title=${t.changedTitle}>
      <p>${canTell ? t.changedText : t.changedUnknown}</p>
    <//>
    ${
      canTell &&
      html`<${Show} loaded=${since}>${({ events }: History) => html`<ul class="changes">
      ${events.map(
        (event) => html`<li key=${event.event_id}>
          <strong>${eventText(event)}</strong>
          <span class="soft">${actorText(event.actor, me)}, ${formatTime(event.time)}</span>
        </li>`,
      )}
    </ul>`}<//>`
    }
    ${problem && html`<${ProblemNotice} problem=${problem} />`}
    <div class="buttons">
      <${Button} kind=${danger ? 'danger' : 'primary'} busy=${busy} onClick=${again}>${label}<//>
      <${Button} onClick=${onLeave}>${t.leaveIt}<//>
    </div>`;
}
