import { Turns } from '../../gateway/promotions/turns';

const later = () => new Promise<void>((resolve) => setImmediate(resolve));

test('those that gather while others are served are served together, in their order, each subject by itself', async () => {
  const served: string[] = [];
  const turns = new Turns<number, string>(async (subject, questions) => {
    served.push(`${subject}: ${questions.join(' ')}`);
    await later();
    return questions.map((question) => `${subject}${question}`);
  });
  const asked = [1, 2, 3, 4].map((question) => turns.take('a', question));
  const other = turns.take('b', 1);
  expect(await Promise.all([...asked, other])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  expect(served).toEqual(['a: 1', 'b: 1', 'a: 2 3 4']);
  expect(await turns.take('a', 5)).toBe('a5');
});

test('one that spoils it for the others fails alone; whoever comes afterwards is served', async () => {
  const turns = new Turns<number, number>(async (_subject, questions) => {
    await later();
    if (questions.includes(3)) throw new Error('three');
    return questions;
  });
  const told = await Promise.allSettled([1, 2, 3, 4].map((question) => turns.take('a', question)));
  expect(told.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
    1,
    2,
    'Error: three',
    4,
  ]);
  expect(await turns.take('a', 5)).toBe(5);
});

test('without its database nobody is tried again by themselves', async () => {
  let tries = 0;
  const turns = new Turns<number, number>(async () => {
    tries += 1;
    await later();
    throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  });
  const told = await Promise.allSettled([1, 2, 3, 4].map((question) => turns.take('a', question)));
  expect(told.every(({ status }) => status === 'rejected')).toBe(true);
  expect(tries).toBe(2);
});
