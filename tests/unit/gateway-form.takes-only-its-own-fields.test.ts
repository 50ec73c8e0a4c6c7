import formBody from '@fastify/formbody';
import fc from 'fast-check';
import Fastify from 'fastify';
import { faultOf, longestComment, readDecisionForm } from '../../gateway/approval/form';

const good = { verdict: 'approve', formToken: 'a'.repeat(43), planHash: '0f'.repeat(32), comment: ' fine\r\n' };

test('reads its own fields; a comment loses what nobody typed', () => {
  expect(readDecisionForm(good)).toEqual({ ...good, comment: 'fine' });
  expect(readDecisionForm({ ...good, comment: undefined })?.comment).toBe('');
  expect(readDecisionForm({ ...good, comment: 'a\0b\r\nc\rd\te\u0085\ud800f' })?.comment).toBe('ab\nc\nd\te\ufffdf');
});

test.each([
  undefined,
  null,
  '',
  [],
  {},
  { ...good, verdict: 'APPROVE' },
  { ...good, verdict: ['approve', 'reject'] },
  { ...good, planHash: good.planHash.toUpperCase() },
  { ...good, planHash: `${good.planHash}0` },
  { ...good, planHash: [good.planHash, good.planHash] },
  { ...good, formToken: 'a'.repeat(101) },
  { ...good, comment: ['a', 'b'] },
  { ...good, by: 'ana' },
  { ...good, roles: 'marketing' },
])('refuses %j', (body) => {
  expect(readDecisionForm(body)).toBeUndefined();
});

test('whatever is added to the form as it is sent, the form is refused or says the same', async () => {
  const app = Fastify();
  await app.register(formBody);
  app.post('/', async (request) => readDecisionForm(request.body) ?? {});
  const sent = new URLSearchParams(good).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom(...'&=[]%;abverdict_pnHshcom.+'), maxLength: 60 }),
      async (addition) => {
        const answer = await app.inject({ method: 'POST', url: '/', headers, payload: `${sent}&${addition}` });
        if (answer.body === '{}') return;
        taken += 1;
        expect(answer.json()).toEqual({ ...good, comment: 'fine' });
      },
    ),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(0);
  await app.close();
});

test('a comment that the ledger takes is never refused, one that it would not take always is', () => {
  const form = (comment: string) => readDecisionForm({ ...good, comment });
  for (const [comment, fault] of [
    ['x'.repeat(longestComment), undefined],
    ['😀'.repeat(longestComment), undefined],
    ['😀'.repeat(longestComment + 1), 'comment-too-long'],
  ] as const) {
    const read = form(comment);
    expect(read && faultOf(read)).toBe(fault);
  }
});

test('a rejection needs a comment that has something in it', () => {
  for (const [comment, fault] of [
    ['', 'comment-needed'],
    [' \r\n\t', 'comment-needed'],
    ['no', undefined],
  ] as const) {
    const read = readDecisionForm({ ...good, verdict: 'reject', comment });
    expect(read && faultOf(read)).toBe(fault);
  }
});
