import { describe, expect, it } from 'vitest';
import { Batches } from '../../../query-service/validation/views/batches.ts';

function setUp(size: number, atOnce: number) {
  const asked: number[][] = [];
  const open: (() => void)[] = [];
  const most = { underWay: 0, most: 0 };
  const batches = new Batches<number, number>({
    size,
    atOnce,
    ask: async (questions) => {
      asked.push([...questions]);
      most.underWay += 1;
      most.most = Math.max(most.most, most.underWay);
      await new Promise<void>((resolve) => open.push(resolve));
      most.underWay -= 1;
      if (questions.includes(13)) throw new Error('no');
      return questions.map((question) => question * 2);
    },
  });
  const answerAll = async () => {
    for (let idle = 0; idle < 3; idle += open.splice(0).map((each) => each()).length > 0 ? -idle : 1)
      await new Promise((resolve) => setImmediate(resolve));
  };
  return { batches, asked, most, answerAll };
}

describe('questions', () => {
  it('of one turn go together, and each gets its own answer', async () => {
    const { batches, asked, answerAll } = setUp(100, 1);
    const answers = Promise.all([1, 2, 3].map((question) => batches.ask(question)));
    await answerAll();
    expect(await answers).toEqual([2, 4, 6]);
    expect(asked).toEqual([[1, 2, 3]]);
  });
  it('beyond a batch, or beyond the batches at once, wait; none is lost', async () => {
    const { batches, asked, most, answerAll } = setUp(10, 2);
    const answers = Promise.all(Array.from({ length: 95 }, (_, n) => batches.ask(100 + n)));
    await answerAll();
    expect(await answers).toEqual(Array.from({ length: 95 }, (_, n) => 200 + 2 * n));
    expect(asked).toHaveLength(10);
    expect(most.most).toBe(2);
  });
  it('of a batch that fails all fail, and the next batch does not', async () => {
    const { batches, answerAll } = setUp(2, 1);
    const answers = Promise.allSettled([12, 13, 14].map((question) => batches.ask(question)));
    await answerAll();
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});
