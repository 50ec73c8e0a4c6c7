import fc from 'fast-check';
import { nextSteps } from '../../gateway/approval/next-steps';
import { samplePerson } from '../../gateway/approval/sample-person';
import { createSamples } from '../../gateway/approval/samples';
import { emailStep, gateStep, testCampaign } from '../support/run-harness';

const sampleOf = (variables: string[], language: 'en' | 'es' = 'es') =>
  samplePerson({ kind: 'full', variables, language });

test('fields get values that show what they are', () => {
  expect(
    sampleOf(['contact.firstName', 'contact.orders', 'contact.tier', 'contact.lastOrderAt', 'unsubscribeUrl']),
  ).toEqual({
    email: 'sample@example.com',
    timeZone: 'Europe/Madrid',
    locale: 'es',
    firstName: 'Lucía',
    orders: 3,
    tier: '[tier]',
    lastOrderAt: '2027-04-01',
  });
});

test('fields with parts become records, in whatever order they are named', () => {
  const nested = { address: { city: '[city]', geo: { lat: '[lat]' } } };
  expect(sampleOf(['contact.address', 'contact.address.city', 'contact.address.geo.lat'])).toMatchObject(nested);
  expect(sampleOf(['contact.address.geo.lat', 'contact.address.city', 'contact.address'])).toMatchObject(nested);
});

test('a bare person has only what everybody has', () => {
  const bare = samplePerson({ kind: 'bare', variables: ['contact.firstName'], language: 'en' });
  expect(Object.keys(bare).sort()).toEqual(['email', 'locale', 'timeZone']);
});

test('every named field is there, and no name reaches beyond the person', () => {
  const segment = fc.oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
    fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'length', '0'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(segment, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (paths) => {
      const person = sampleOf(paths.map((path) => ['contact', ...path].join('.')));
      expect(Object.getPrototypeOf(person)).toBe(Object.prototype);
      for (const [first = ''] of paths) expect(Object.hasOwn(person, first)).toBe(true);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});

test('a message that lacks a field says which one; with all data it is shown', async () => {
  const html =
    '<html lang="es"><head><title>Oferta</title></head><body><p>{{ contact.tier }} {{ contact.points | plus: 1 }} {{ contact.since | date: "%Y" }}</p></body></html>';
  const campaign = testCampaign({ steps: [gateStep(), emailStep()] });
  const [, step] = campaign.steps;
  if (step?.kind !== 'email') throw new Error('no e-mail step');
  const stored = {
    revision: 'r'.repeat(64),
    campaign,
    files: [{ path: step.email.template.path, content: Buffer.from(html) }],
  };
  const samples = createSamples();
  expect(await samples.render(stored, step, 'bare')).toEqual({ missing: 'contact.tier' });
  expect(await samples.render(stored, step, 'full')).toMatchObject({ html: expect.stringContaining('[tier] 4 2027') });
});

test('what comes next is what needs the gate, in words', () => {
  const campaign = testCampaign({
    steps: [
      { id: 'early', kind: 'notify' },
      { ...gateStep(), needs: ['early'] },
      { id: 'pause', kind: 'wait', wait: { for: 26 * 3600_000 } },
      { ...emailStep(), needs: ['pause'], if: 'run.members > 10' },
      { ...gateStep({ approvers: ['legal', 'board'] }, 'second'), needs: ['offer'] },
      { id: 'done', kind: 'notify', needs: ['second'] },
      { ...emailStep({ id: 'aside' }), needs: [] },
    ],
  });
  const audience = { gate: 'content', recipients: 12_345, language: 'en', timeZone: 'Europe/Madrid' } as const;
  expect(nextSteps(campaign, audience)).toEqual([
    '“pause”: 1 day 2 hours of waiting.',
    '“offer” is e-mailed to 12,345 people. Only if its condition holds.',
    '“second”: another decision, by legal and board.',
    '“done”: a note to ops.',
  ]);
});
