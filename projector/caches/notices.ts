import type { CachedViews } from '../../shared/read-model/cached-views.ts';
import type { Notice } from '../../shared/read-model/notices.ts';

/** Entries of one notice. */
const NOTICE_SIZE = 1_000;

/** One notice, or several where it would be large: those before the last leave the checkpoint where it was. */
export function toNotices(views: CachedViews, before: string, after: string): Notice[] {
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
  const notices: Notice[] = [];
  for (let start = 0; start === 0 || start < entries.length; start += NOTICE_SIZE) {
    const part = entries.slice(start, start + NOTICE_SIZE);
    const of = (kind: 'users' | 'licenses') =>
      part.filter((item) => item.kind === kind).map(({ entry }): [string, string] => [...entry]);
    const last = start + NOTICE_SIZE >= entries.length;
    notices.push({
      before,
      after: last ? after : before,
      users: of('users'),
      licenses: of('licenses'),
    });
  }
  return notices;
}
