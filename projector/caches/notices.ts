import type { CachedViews } from '../../shared/read-model/cached-views.ts';
import { laneInNotice, type SentNotice } from '../../shared/read-model/notices.ts';

/** Entries of one notice. */
const NOTICE_SIZE = 1_000;

/** One notice, or several where it would be large: those before the last leave the checkpoint where it was. */
export function toNotices(lane: string, views: CachedViews, before: string, after: string): SentNotice[] {
  const entries = [
    ...Array.from(views.users, ([id, { position }]) => ({
      kind: 'users' as const,
      entry: [id, position] as const,
    })),
    ...Array.from(views.licenses, ([id, { position }]) => ({
      kind: 'licenses' as const,
      entry: [id, position] as const,
    })),
  ];
  const notices: SentNotice[] = [];
  for (let start = 0; start === 0 || start < entries.length; start += NOTICE_SIZE) {
    const part = entries.slice(start, start + NOTICE_SIZE);
    const of = (kind: 'users' | 'licenses') =>
      part.filter((item) => item.kind === kind).map(({ entry }): [string, string] => [...entry]);
    const last = start + NOTICE_SIZE >= entries.length;
    notices.push({
      ...laneInNotice(lane),
      before,
      after: last ? after : before,
      users: of('users'),
      licenses: of('licenses'),
    });
  }
  return notices;
}
