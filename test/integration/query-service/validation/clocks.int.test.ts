import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../shared/calendar.ts';
import { eventually } from '../../../support/eventually.ts';
import { ask } from '../../../support/requests/api.ts';
import { useSystem } from '../system.ts';

const system = useSystem();
beforeAll(() => system.it.projector.start());

const PATH = '/v1/licenses/validate';

describe.each([
  ['six minutes ahead', 6 * 60_000],
  ['a day ahead', DAY_MS],
  ['an hour behind', -3_600_000],
])('a node whose clock is %s', (_name, ahead) => {
  it('answers from memory and Redis like any other', async () => {
    const { it: world } = system;
    await eventually('connected', () => world.projector.redis.status === 'ready');
    await world.projector.writeCacheCheckpoint(world.readModel.checkpoint);
    const node = await world.startNode({ clock: () => Date.now() + ahead });
    const layers = async () => {
      const text = await (await fetch(`${node.url}/metrics`)).text();
      const of = (layer: string) =>
        Number(new RegExp(`^validations_total\\{.*layer="${layer}".*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      return { memory: of('memory'), redis: of('redis'), postgres: of('postgres') };
    };
    const validate = async (token: string) => (await ask(node.url, PATH, { token })).body.code;
    const user = await world.readModel.addUser();
    const token = await world.keyOf(user);
    await eventually('notices are heard', async () => {
      const text = await (await fetch(`${node.url}/metrics`)).text();
      return /^validation_notices_missing\{.*\} 0$/m.test(text);
    });
    expect(await validate(token)).toBe('VALID');
    for (let i = 0; i < 5; i += 1) await validate(token);
    expect(await layers()).toEqual({ memory: 5, redis: 0, postgres: 1 });
    // Another node finds in Redis what this one has written there.
    await eventually('it is in Redis', () => world.projector.redis.exists(`user:${user.userId}`));
    const other = await world.startNode({ clock: () => Date.now() + ahead });
    await eventually('the other node answers one from Redis', async () => {
      await world.projector.writeCacheCheckpoint(world.readModel.checkpoint);
      const text = await (await fetch(`${other.url}/metrics`)).text();
      if (!/^validation_redis_trusted\{.*\} 1$/m.test(text)) return false;
      // A node that has just begun may lose its trust once more, and has the view in memory then: another user is asked.
      const another = await world.keyOf(await world.readModel.addUser());
      await validate(another);
      await ask(other.url, PATH, { token: another });
      const after = await (await fetch(`${other.url}/metrics`)).text();
      return /^validations_total\{.*layer="redis".*\} [1-9]/m.test(after);
    });
  });
});

it('without notices for three seconds answers say how long ago the read model was known to be kept up', async () => {
  const { it: world } = system;
  const node = await world.startNode();
  const token = await world.keyOf(await world.readModel.addUser());
  const age = async () => {
    const answer = await ask(node.url, PATH, { token });
    expect(answer.body.code).toBe('VALID');
    return answer.headers.get('Age');
  };
  await eventually('notices are heard', async () => {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    return /^validation_notices_missing\{.*\} 0$/m.test(text);
  });
  expect(await age()).toBeNull();
  world.projector.stop();
  // PostgreSQL answers and shows nothing new: that may be because nobody writes it any more.
  expect(Number(await eventually('an age', async () => (await age()) ?? undefined))).toBeGreaterThanOrEqual(
    3,
  );
  await eventually('it rises', async () => Number(await age()) >= 5);
  // The projector is at work, and only its notices are lost.
  await world.readModel.advance();
  await eventually('no age', async () => (await age()) === null);
  world.projector.lose(world.readModel.checkpoint);
  world.projector.start();
  await eventually('notices are heard again', async () => (await age()) === null);
});
