import type { Scope } from '../../../../shared/tokens/scopes.ts';
import { Notice } from '../../parts/components/notice.ts';
import type { NavItem } from '../../parts/components/shell.ts';
import { type Children, html } from '../../parts/html.ts';
import { isId, type Place } from '../../parts/router.ts';
import { CustomerPage } from '../customers/customer.ts';
import { FindCustomer } from '../customers/find.ts';
import { Mails } from '../lists/mails.ts';
import { ParkedEvents } from '../lists/parked-events.ts';
import { Plans } from '../lists/plans.ts';
import { SubscriptionList } from '../lists/subscriptions.ts';
import { MePage } from '../session/me-page.ts';
import type { Me } from '../session/session.ts';
import { may } from '../session/session.ts';
import { MemberPage } from '../staff/member.ts';
import { Members } from '../staff/members.ts';
import { ServiceAccountPage } from '../staff/service-account.ts';
import { ServiceAccounts } from '../staff/service-accounts.ts';
import { Figures } from '../stats/figures.ts';
import { texts } from '../texts/texts.ts';
import { WebhookPage } from '../webhooks/webhook.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import { Page } from './page.ts';

interface Section {
  /** The first part of its address. */
  readonly name: string;
  readonly label: string;
  /** One of them opens it; none: everybody may. */
  readonly scopes: readonly Scope[];
  /** @param id the second part of the address, where it has one */
  readonly view: (id: string | undefined, query: URLSearchParams) => Children;
}

const { nav } = texts.frame;

/** The pages, in the menu's order. The first one is where everybody begins. */
const SECTIONS: readonly Section[] = [
  {
    name: 'customers',
    label: nav.customers,
    scopes: ['customers:read', 'history:read'],
    view: (id) =>
      id === undefined ? html`<${FindCustomer} />` : html`<${CustomerPage} key=${id} id=${id} />`,
  },
  {
    name: 'subscriptions',
    label: nav.subscriptions,
    scopes: ['customers:read'],
    view: (_id, query) => html`<${SubscriptionList} query=${query} />`,
  },
  { name: 'plans', label: nav.plans, scopes: [], view: () => html`<${Plans} />` },
  { name: 'figures', label: nav.figures, scopes: ['history:read'], view: () => html`<${Figures} />` },
  {
    name: 'webhooks',
    label: nav.webhooks,
    scopes: ['webhooks:write'],
    view: (id, query) =>
      id === undefined ? html`<${Webhooks} />` : html`<${WebhookPage} key=${id} id=${id} query=${query} />`,
  },
  {
    name: 'mails',
    label: nav.mails,
    scopes: ['customers:write'],
    view: (_id, query) => html`<${Mails} query=${query} />`,
  },
  {
    name: 'staff',
    label: nav.staff,
    scopes: ['staff:write'],
    view: (id) => (id === undefined ? html`<${Members} />` : html`<${MemberPage} key=${id} id=${id} />`),
  },
  {
    name: 'service-accounts',
    label: nav.services,
    scopes: ['staff:write'],
    view: (id) =>
      id === undefined ? html`<${ServiceAccounts} />` : html`<${ServiceAccountPage} key=${id} id=${id} />`,
  },
  {
    name: 'parked-events',
    label: nav.parked,
    scopes: ['history:read'],
    view: () => html`<${ParkedEvents} />`,
  },
];

const sectionAt = ({ path }: Place): Section | undefined =>
  path[0] === undefined ? SECTIONS[0] : SECTIONS.find(({ name }) => name === path[0]);

const isOpenTo = (me: Me, { scopes }: Section): boolean => scopes.length === 0 || may(me, ...scopes);

/** The pages that this member's scopes open. */
export const menuFor = (me: Me, place: Place): NavItem[] =>
  SECTIONS.filter((section) => isOpenTo(me, section)).map(({ name, label }) => ({
    href: `#/${name}`,
    label,
    isCurrent: sectionAt(place)?.name === name,
  }));

interface ViewProps {
  readonly place: Place;
  readonly me: Me;
  readonly onSignedOut: () => void;
}

/** The page of the address; else why it can't be shown. */
export function View({ place, me, onSignedOut }: ViewProps) {
  if (place.path[0] === 'me') return html`<${MePage} onSignedOut=${onSignedOut} />`;
  const section = sectionAt(place);
  const id = place.path[1];
  if (!section || (id !== undefined && !isId(id)))
    return html`<${Page} title=${texts.frame.notFound}><p>${texts.frame.notFoundText}</p><//>`;
  if (!isOpenTo(me, section))
    return html`<${Page} title=${section.label}>
      <${Notice} tone="warning"><p>${texts.frame.mayNot(section.scopes.join(', '))}</p><//>
    <//>`;
  return section.view(id, place.query);
}
