import { CopyText } from '../../parts/components/copy.ts';
import { type Children, html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import type { Member } from '../staff/member-resource.ts';
import { texts } from '../texts/texts.ts';
import { type Action, given } from './action.ts';
import { posting } from './fields.ts';
import { scopesField } from './service-accounts.ts';

const t = texts.staff;
const scopes = ['staff:write'] as const;

/** The link that an invitation and a reset show once. */
const welcomeLink = (answer: unknown): Children => {
  const { welcome_token: token, welcome_expires_at: until } = answer as {
    readonly welcome_token: string;
    readonly welcome_expires_at: string;
  };
  return html`<${CopyText} label=${t.link} text=${`${location.origin}/console#welcome=${token}`} />
    <p class="hint">${t.linkUntil(formatTime(until))}</p>`;
};

export const inviteMember = (mine: readonly string[]): Action => ({
  ...t.invite,
  scopes,
  fields: [
    { name: 'name', label: t.members.name, required: true },
    { name: 'email', label: t.members.email, kind: 'email', required: true },
    scopesField(mine),
  ],
  command: posting('/v1/staff', (values) => ({
    name: given(values, 'name'),
    email: given(values, 'email'),
    scopes: values.scopes,
  })),
  result: welcomeLink,
  isShownOnce: true,
});

/** What can be done with a member of staff. */
export function memberActions(member: Member, mine: readonly string[]): readonly Action[] {
  const name = member.name ?? member.staff_id;
  const path = `/v1/staff/${member.staff_id}`;
  return [
    {
      ...t.changeMemberScopes,
      title: t.changeMemberScopes.title(name),
      scopes,
      fields: [scopesField(mine, member.scopes)],
      command: posting(`${path}/scopes`, (values) => ({ scopes: values.scopes })),
    },
    {
      ...t.endMemberSessions,
      title: t.endMemberSessions.title(name),
      scopes,
      fields: [],
      command: posting(`${path}/sessions/end`),
    },
    {
      ...t.resetMember,
      title: t.resetMember.title(name),
      scopes,
      danger: true,
      fields: [],
      command: posting(`${path}/reset`),
      result: welcomeLink,
      isShownOnce: true,
    },
    {
      ...t.removeMember,
      title: t.removeMember.title(name),
      scopes,
      danger: true,
      fields: [],
      command: () => ({ method: 'DELETE', path }),
    },
  ];
}
