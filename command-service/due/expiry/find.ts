import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { FIRST_PRODUCT } from '../../../shared/events/schemas/level-2/steps.ts';
import { type EndNotice, NEWS_FOR_MS } from '../../../shared/subscription-end.ts';
import type { ToldEnd } from '../../subscriptions/tell-of-end.ts';

type Notice = Exclude<EndNotice, 'none'>;

interface Window {
  readonly notice: Notice;
  /** What was told of the end so far. */
  readonly told: readonly EndNotice[];
  /** The end dates that it is due for, of which the first is left out: milliseconds from now. */
  readonly after: number;
  readonly until: number;
  /** Only subscriptions longer than this. */
  readonly longerThan: number;
}

/** The longest grace that terms can give: what ended longer ago lapsed longer ago than anybody is told. */
const LONGEST_GRACE_MS = 365 * DAY_MS;

/** The rule of shared/subscription-end.ts as ranges of an index. */
const WINDOWS: readonly Window[] = [
  { notice: 'week', told: ['none'], after: DAY_MS, until: 7 * DAY_MS, longerThan: 7 * DAY_MS },
  { notice: 'day', told: ['none', 'week'], after: 0, until: DAY_MS, longerThan: DAY_MS },
  {
    notice: 'lapsed',
    told: ['none', 'week', 'day'],
    after: -LONGEST_GRACE_MS - NEWS_FOR_MS,
    until: 0,
    longerThan: 0,
  },
];

const OVER = `CASE WHEN s.cancelled THEN s.end_date
  ELSE s.end_date + (s.terms ->> 'graceDays')::integer * interval '24 hours' END`;
/** A change may have ended it in the past. */
const SINCE = `CASE WHEN s.updated_at > s.created_at THEN greatest(${OVER}, s.updated_at) ELSE ${OVER} END`;

/** Of ends that are ahead, neither the grace nor the last condition says anything. */
const FIND = `
SELECT s.subscription_id, s.user_id, s.end_date
FROM read_model.subscriptions s JOIN read_model.users u USING (user_id)
WHERE s.end_notice = ANY ($1) AND s.end_notice <> 'lapsed' AND s.end_date > $2 AND s.end_date <= $3
  AND (s.end_date, s.subscription_id) > ($4, $5::uuid)
  AND NOT s.suspended AND u.status = 'active'
  AND extract(epoch FROM s.end_date - s.start_date) * 1000 > $6
  AND CASE s.product WHEN '${FIRST_PRODUCT}' THEN u.subscription_id::text ELSE u.counting -> s.product ->> 'id' END
    = s.subscription_id::text
  AND (s.end_date > $7 OR (${OVER} <= $7 AND ${SINCE} > $8))
ORDER BY s.end_date, s.subscription_id LIMIT $9`;

interface Row {
  readonly subscription_id: string;
  readonly user_id: string;
  readonly end_date: Date;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Ends of which something is due to be told at `now`, as the read model knows them, a page at a time. */
export async function* findEnds(db: Queryable, now: number, page = 500): AsyncGenerator<readonly ToldEnd[]> {
  for (const { notice, told, after, until, longerThan } of WINDOWS) {
    let [endDate, id] = [new Date(now + after), FIRST_ID];
    for (let found = page; found === page; ) {
      const { rows } = await db.query<Row>({
        name: 'ends_due',
        text: FIND,
        values: [
          told,
          ...[new Date(now + after), new Date(now + until)],
          ...[endDate, id, longerThan, new Date(now), new Date(now - NEWS_FOR_MS), page],
        ],
      });
      found = rows.length;
      const last = rows.at(-1);
      if (!last) break;
      [endDate, id] = [last.end_date, last.subscription_id];
      yield rows.map((row) => ({
        userId: row.user_id,
        subscriptionId: row.subscription_id,
        endDate: row.end_date.getTime(),
        notice,
      }));
    }
  }
}
