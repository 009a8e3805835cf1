import { parsePosition } from '../../../shared/event-log/position.ts';
import type { WrkRequest } from '../load/wrk.ts';
import type { Side } from './side.ts';

/** Customers who activate at once; others are those behind them. */
export const ACTIVATING = 256;

/** By chance, and the same ones each time: neighbours of the log or of a table would be found together. */
const LICENSES = `
SELECT l.license_id, l.user_id, l.client_id, l.activated_at, u.position_commit || '/' || u.position_prepare AS position
FROM read_model.licenses l JOIN read_model.users u USING (user_id)
WHERE l.status = 'active' AND u.status = 'active' AND md5(l.license_id::text) > $2 ORDER BY md5(l.license_id::text) LIMIT $1`;

const CUSTOMERS = `
SELECT u.user_id, u.revision FROM read_model.subscriptions s JOIN read_model.users u USING (user_id)
WHERE s.plan_type = 'enterprise' AND s.status = 'active' AND s.start_date <= now() AND s.end_date > now() + interval '1 day'
  AND u.status = 'active' ORDER BY md5(u.user_id::text) OFFSET $2 LIMIT $1`;

/** Validations of so many active licenses. @param behind a hexadecimal digit: those of another one are others */
export async function validationsOf({ db, tokens }: Side, count: number, behind = ''): Promise<WrkRequest[]> {
  const { rows } = await db.query<{
    license_id: string;
    user_id: string;
    client_id: string;
    activated_at: Date;
    position: string;
  }>(LICENSES, [count, behind]);
  return Promise.all(
    rows.map(async ({ license_id, user_id, client_id, activated_at, position }) => {
      if (!parsePosition(position)) throw new Error(`${position} is no position`);
      const key = {
        sub: user_id,
        lic: license_id,
        cid: client_id,
        pos: position,
        activatedAt: activated_at.getTime(),
      };
      return {
        path: `/v1/licenses/validate?client_id=${client_id}`,
        token: await tokens.signActivationKey(key),
      };
    }),
  );
}

/** Access tokens of so many customers who may activate thousands of machines. */
export async function customersOf({ db, tokens }: Side, count: number, offset = 0): Promise<string[]> {
  const { rows } = await db.query<{ user_id: string; revision: string }>(CUSTOMERS, [count, offset]);
  if (rows.length < count)
    throw new Error(`there are ${rows.length} customers of the plan enterprise, and not ${count}`);
  return Promise.all(
    rows.map(async ({ user_id, revision }) => {
      const of = {
        subject: user_id,
        role: 'user',
        revision: Number(revision),
        lifetimeSeconds: 7_200,
      } as const;
      return (await tokens.signAccessToken(of)).token;
    }),
  );
}
