import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import { AsOfRefused } from './errors.ts';
import { createMarked, dropMarked, type Marker, readMarker } from './marker.ts';
import type { AsOfOptions } from './options.ts';

type Wanted = Pick<AsOfOptions, 'schema' | 'asOf' | 'personal' | 'fresh' | 'builtBy' | 'clock'>;

/**
 * What is to be built: what an earlier call has begun, or a new schema.
 * @throws AsOfRefused something else is there, or the same for another time or with another choice of personal data
 */
export async function claimSchema(pool: Pool, wanted: Wanted): Promise<Marker> {
  const { schema, asOf, personal, fresh, builtBy, clock } = wanted;
  const found = await readMarker(pool, schema);
  if (found && !fresh) return goOn(found, wanted);
  if (found) await dropMarked(pool, schema);
  const now = clock();
  const marker = { asOf: asOf ?? now, personal };
  await createMarked(pool, schema, marker, builtBy, now);
  return { ...marker, completed: false };
}

/** @throws AsOfRefused */
function goOn(found: Marker, { schema, asOf, personal }: Wanted): Marker {
  const is = `schema ${schema} is as of ${new Date(found.asOf).toISOString()}, ${found.personal ? 'with' : 'without'} personal data`;
  if ((asOf !== undefined && asOf !== found.asOf) || personal !== found.personal) {
    const wayOut = 'ask for the same, choose another name, or give --fresh to build it again';
    throw new AsOfRefused('replay_differs', `${is}: ${wayOut}`);
  }
  if (found.completed && asOf === undefined) {
    throw new AsOfRefused('replay_complete', `${is}, and complete: give --fresh to build it again`);
  }
  return found;
}
