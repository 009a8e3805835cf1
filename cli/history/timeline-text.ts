import { styleText } from 'node:util';
import { formatPosition } from '../../shared/event-log/position.ts';
import { FIRST_PRODUCT } from '../../shared/events/schemas/level-2/steps.ts';
import { showEntry } from '../../shared/history/show.ts';
import type { TimelineEntry } from '../../shared/history/timeline.ts';
import { type StateSummary, statusAt, type UserRows } from '../../shared/history/user-rows.ts';
import { licenseKeyStatusAt, usesLeft } from '../../shared/license-keys/status.ts';
import type { LicenseKey } from '../../shared/read-model/fold/license-key.ts';
import { bought, changes, details, exact, minute, printable } from './words.ts';

/** Paints text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: 'bold' | 'dim' | 'cyan' | 'green' | 'red', text: string) => string;

export const paintFor = (colours: boolean): Paint =>
  colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;

const TYPE_WIDTH = 23;
const INDENT = ' '.repeat(33);
/** Clients that are shown at the end; `--json --state` has all. */
const MAX_CLIENTS = 20;
const MAX_KEYS = 20;

/** An event as two lines: what happened, and who did it and what came of it. */
export function entryText(
  entry: TimelineEntry,
  before: StateSummary | undefined,
  paint: Paint,
): readonly string[] {
  const { revision, time, type, data, actor, fault } = showEntry({ ...entry, personal: undefined });
  const what = details(data, entry.personal);
  const first = `${String(revision).padStart(5)}  ${exact(time)}  ${paint('bold', type.padEnd(TYPE_WIDTH))}${what && `  ${what}`}`;
  // A user's own id says nothing that is not at the top.
  const isSelf = actor.id === data.userId;
  const who = paint('dim', `by ${actor.role}${isSelf ? '' : ` ${printable(actor.id)}`}`);
  const changed = changes(before, entry.state);
  const led = changed.length > 0 ? `  ${paint('cyan', `→ ${changed.join(' · ')}`)}` : '';
  const lines = [first.trimEnd(), `${INDENT}${who}${led}`];
  if (fault) lines.push(`${INDENT}${paint('red', `not in the read models: ${fault}`)}`);
  return lines;
}

/** What a state is of. */
export interface StateEnd {
  /** Milliseconds since 1970: when it is judged. */
  readonly at: number;
  /** The last event in it. */
  readonly last: Pick<TimelineEntry['recorded'], 'revision' | 'position'> | undefined;
}

/** The state as of an instant, in a block. */
export function stateText(state: UserRows, { at, last }: StateEnd, paint: Paint): readonly string[] {
  const user = state.user();
  const end = last ? paint('dim', `, with event ${last.revision} at ${formatPosition(last.position)}`) : '';
  const title = `${paint('bold', `As of ${exact(new Date(at).toISOString())}`)}${end}`;
  if (!user) return [title, '  not signed up yet'];
  const row = (name: string, text: string) => `  ${name.padEnd(12)}  ${text}`;
  const { counting, counts } = state;
  const email = user.email === null ? '' : `, ${printable(user.email)}`;
  const since = minute(new Date(user.createdAt).toISOString());
  const lines = [title, row('user', `${paintStatus(user.status, paint)}${email}, since ${since}`)];
  for (const one of counting) {
    const [from, to] = [one.startDate, one.endDate].map((at) => minute(new Date(at).toISOString()));
    const status = paintStatus(statusAt(one, at), paint);
    const external = one.externalId === null ? '' : `, ${printable(one.externalId)}`;
    lines.push(row('subscription', `${bought(one)} ${status}, ${from} to ${to}${external}`));
  }
  if (counting.length === 0) lines.push(row('subscription', 'none'));
  lines.push(
    row('clients', `${counts.active} active, ${counts.revoked} revoked, ${counts.deactivated} deactivated`),
  );
  lines.push(...clientLines(state, paint));
  for (const key of state.licenseKeys(MAX_KEYS)) lines.push(row('license key', licenseKey(key, at, paint)));
  return lines;
}

/** `good, 8 of 10 uses left, until 2026-06-01 00:00Z` and its id; never its text. */
function licenseKey(key: LicenseKey, asOf: number, paint: Paint): string {
  const left = key.uses === null ? [] : [`${usesLeft(key)} of ${key.uses} uses left`];
  const until = key.expiresAt === null ? [] : [`until ${minute(new Date(key.expiresAt).toISOString())}`];
  const product = key.product === FIRST_PRODUCT ? [] : [printable(key.product)];
  const status = paintStatus(licenseKeyStatusAt(key, asOf), paint);
  return `${[...product, status, ...left, ...until].join(', ')}  ${paint('dim', key.keyId)}`;
}

function clientLines(state: UserRows, paint: Paint): string[] {
  const shown = state.licenses().filter(({ status }) => status !== 'deactivated');
  const lines = shown.slice(-MAX_CLIENTS).map(({ clientId, clientName, status, activatedAt, licenseId }) => {
    const name = clientName === null ? '' : ` (${printable(clientName)})`;
    const since = minute(new Date(activatedAt).toISOString());
    return `    ${paintStatus(status, paint)}  ${printable(clientId ?? 'erased')}${name}, since ${since}  ${paint('dim', licenseId)}`;
  });
  const more = shown.length - lines.length;
  return more > 0 ? [`    … and ${more} earlier ones (all: --state --json)`, ...lines] : lines;
}

const GOOD: readonly string[] = ['good', 'active', 'grace', 'scheduled'];
const paintStatus = (status: string, paint: Paint): string =>
  paint(GOOD.includes(status) ? 'green' : 'red', status);
