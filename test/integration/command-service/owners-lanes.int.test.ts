import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOwnerIndex } from '../../../command-service/execute/owners.ts';
import { partitionOf } from '../../../shared/read-model/lanes.ts';
import { newId } from '../projector/author.ts';
import { handLanes } from '../projector/hand-lanes.ts';
import { createSystem, type System } from '../projector/system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** A user of a lane, with a license. */
async function licensed(partition: number) {
  for (;;) {
    const userId = newId();
    if (partitionOf(userId, 2) !== partition) continue;
    const user = system.author(userId);
    await user.signUp();
    await user.subscribe();
    return { userId, licenseId: await user.activate('laptop') };
  }
}

describe('whose a license is, with lanes', () => {
  it('is believed to be nobody only once every lane has what the log had', async () => {
    const first = await licensed(0);
    const second = await licensed(1);
    await using held = await handLanes(system, 2);
    const owners = createOwnerIndex({ pool: system.pool, log: system.log, waitMs: 200 });
    const ownerOf = (id: string) => owners.ownerOf('license', id, AbortSignal.timeout(10_000));
    await held.lanes[0]?.advance();
    expect(await ownerOf(first.licenseId)).toBe(first.userId);
    await expect(ownerOf(second.licenseId)).rejects.toMatchObject({ code: 'read_model_behind' });
    await expect(ownerOf(newId())).rejects.toMatchObject({ code: 'read_model_behind' });
    await held.lanes[1]?.advance();
    expect(await ownerOf(second.licenseId)).toBe(second.userId);
    expect(await ownerOf(newId())).toBeUndefined();
    // A lane that has nothing newer holds nobody up.
    const third = await licensed(0);
    await held.lanes[0]?.advance();
    expect(await ownerOf(third.licenseId)).toBe(third.userId);
    expect(await ownerOf(newId())).toBeUndefined();
  });
});
