import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { FIRST_PRODUCT } from '../../../shared/events/schemas/level-2/steps.ts';
import { type EndNotice, NEWS_FOR_MS } from '../../../shared/subscription-end.ts';
import type { ToldEnd } from '../../subscriptions/tell-of-end.ts';

type Notice = Exclude<EndNotice, 'none'>;

/**
 * A page of subscriptions in the order of an index, and of each whether it counts for a user who is there. Joined behind the
 * page: the planner takes "counts" for rare, and would read all users for each page of a great many.
 */
const find = (at: string, where: string, inPage = 's.at') => `
SELECT s.subscription_id, s.user_id, s.end_date, ${inPage} AS at, u.status = 'active'
  AND CASE s.product WHEN '${FIRST_PRODUCT}' THEN u.subscription_id::text ELSE u.counting -> s.product ->> 'id' END
    = s.subscription_id::text AS counts
FROM (
  SELECT s.subscription_id, s.user_id, s.product, s.end_date, ${at} AS at FROM read_model.subscriptions s
  WHERE s.end_notice <> 'lapsed' AND NOT s.suspended AND ${where}
  ORDER BY ${at}, s.subscription_id LIMIT $4
) s LEFT JOIN read_model.users u USING (user_id)
ORDER BY s.at, s.subscription_id`;

/** Ends that are ahead, in the order of subscriptions_end_notice. */
const FIND_AHEAD = find(
  's.end_date',
  `s.end_notice = $5 AND s.end_date <= $3 AND (s.end_date, s.subscription_id) > ($1::timestamptz, $2::uuid)
  AND extract(epoch FROM s.end_date - s.start_date) * 1000 > $6`,
);

const OVER = `(s.end_date AT TIME ZONE 'UTC')
  + CASE WHEN s.cancelled THEN 0 ELSE (s.terms ->> 'graceDays')::integer END * interval '24 hours'`;
/** A change may have ended it in the past. The index subscriptions_over_since has this very expression. */
const SINCE = `CASE WHEN s.updated_at > s.created_at THEN greatest(${OVER}, s.updated_at AT TIME ZONE 'UTC') ELSE ${OVER} END`;
const inUtc = (instant: string) => `(${instant}::timestamptz AT TIME ZONE 'UTC')`;

/** What is over since an instant, in the order of that index. */
const FIND_LAPSED = find(
  SINCE,
  `${SINCE} <= ${inUtc('$3')} AND (${SINCE}, s.subscription_id) > (${inUtc('$1')}, $2::uuid)`,
  "s.at AT TIME ZONE 'UTC'",
);

interface Window {
  readonly notice: Notice;
  readonly sql: string;
  /** The instants that it is due for, of which the first is left out: milliseconds from now. */
  readonly after: number;
  readonly until: number;
  /** Of ends ahead: what was told so far, and the length in milliseconds that the subscription has to exceed. */
  readonly facts: readonly [] | readonly [told: EndNotice, longerThan: number];
}

const ahead = (notice: 'week' | 'day', told: EndNotice): Window => {
  const days = notice === 'week' ? { after: DAY_MS, until: 7 * DAY_MS } : { after: 0, until: DAY_MS };
  return { notice, sql: FIND_AHEAD, ...days, facts: [told, days.until] };
};

/** The rule of shared/subscription-end.ts as ranges of an index. */
const WINDOWS: readonly Window[] = [
  ahead('week', 'none'),
  ahead('day', 'none'),
  ahead('day', 'week'),
  { notice: 'lapsed', sql: FIND_LAPSED, after: -NEWS_FOR_MS, until: 0, facts: [] },
];

interface Row {
  readonly subscription_id: string;
  readonly user_id: string;
  readonly end_date: Date;
  readonly at: Date;
  readonly counts: boolean | null;
}

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Ends of which something is due to be told at `now`, as the read model knows them, a page at a time. */
export async function* findEnds(db: Queryable, now: number, page = 500): AsyncGenerator<readonly ToldEnd[]> {
  for (const { notice, sql, after, until, facts } of WINDOWS) {
    let [at, id] = [new Date(now + after), LAST_ID];
    for (let found = page; found === page; ) {
      const { rows } = await db.query<Row>(sql, [at, id, new Date(now + until), page, ...facts]);
      found = rows.length;
      const last = rows.at(-1);
      if (!last) break;
      [at, id] = [last.at, last.subscription_id];
      yield rows
        .filter(({ counts }) => counts)
        .map((row) => ({
          userId: row.user_id,
          subscriptionId: row.subscription_id,
          endDate: row.end_date.getTime(),
          notice,
        }));
    }
  }
}
