import { randomUUID } from 'node:crypto';
import type { Outcome, Refusal, StaffRequest } from '../../command-service/execute/requests.ts';
import { createFindMember } from '../../command-service/staff/people/find.ts';
import { createMembers, type Members } from '../../command-service/staff/people/members.ts';
import { createStaffStreams } from '../../command-service/staff/streams.ts';
import { ALL_SCOPES } from '../../shared/tokens/scopes.ts';
import type { StaffConfig } from '../config.ts';
import { openWriteSide } from '../write-side/open.ts';

/** A command about the staff was refused. */
class StaffRefused extends Error {
  readonly code = 'staff_refused';
}

const WHY: Partial<Record<Refusal['code'], string>> = {
  staff_exists:
    'this email is a member of staff\u2019s already: see staff list; to welcome them again, staff reset',
  not_found: 'there is no such member of staff: see staff list',
};

/** @throws StaffRefused */
export function assertDone(outcome: Outcome): void {
  if (outcome.kind === 'done') return;
  const { code } = outcome.rejection;
  throw new StaffRefused(WHY[code] ?? `refused: ${code}`);
}

/** Who is on the machine itself has every scope, as an operator's token has. */
export const request = (): StaffRequest => ({
  caller: { role: 'operator', id: 'cli' },
  correlationId: randomUUID(),
  held: new Set<string>(ALL_SCOPES),
});

/** Changes the staff as a command node does. `idOf` takes an id, or the email of whoever has it. */
export async function changingStaff<T>(
  config: StaffConfig,
  change: (members: Members, idOf: (who: string) => Promise<string>) => Promise<T>,
): Promise<T> {
  const { dependencies, close } = await openWriteSide(config, 'cli staff');
  try {
    const streams = createStaffStreams(dependencies);
    const find = createFindMember(dependencies.vault, streams);
    const idOf = async (who: string) => (who.includes('@') ? (await find(who)).staffId : who);
    return await change(createMembers(dependencies, streams, find), idOf);
  } finally {
    await close();
  }
}
