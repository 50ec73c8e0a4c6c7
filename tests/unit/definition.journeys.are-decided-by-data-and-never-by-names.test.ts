import { join } from 'node:path';
import fc from 'fast-check';
import { compileJourneyCondition, compileJourneyKey, type JourneyFacts } from '../../definition/journey-condition';
import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { loadWorkspace } from '../../definition/load-workspace';
import { checkEmail } from '../../operations/check-email';
import { packageRoot } from '../../settings/package-root';

const facts = (data: Record<string, unknown>, contact: Record<string, unknown> = {}): JourneyFacts => ({
  event: { type: 'order.paid', source: 'shop', id: 'e1', time: new Date('2027-04-01T10:00:00Z'), data },
  contact,
  journey: { key: 'A1', startedAt: new Date('2027-04-01T09:00:00Z'), count: 2 },
  steps: { letter: { state: 'done', outcome: 'sent', happened: false } },
});

test('conditions see event, contact, journey and steps', () => {
  const holds = (expression: string) =>
    compileJourneyCondition(expression, 'step')(facts({ total: 60.5, basket: 'A1' }));
  expect(holds('event.data.total > 50.0 && event.type == "order.paid"')).toBe(true);
  expect(holds('event.data.basket == journey.key && journey.count == 2')).toBe(true);
  expect(holds('steps["letter"].outcome == "sent" && !steps["letter"].happened')).toBe(true);
  expect(holds('event.time > journey.startedAt')).toBe(true);
});

test('whatever an event says, a condition answers or says why, and never repeats what it was told', () => {
  const condition = compileJourneyCondition('event.data.a.b > 3 && event.data.c in ["x"]', 'trigger');
  const key = compileJourneyKey('event.data.orderId');
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'c', 'orderId', '__proto__'), fc.jsonValue()), (data) => {
      const verdict = condition(facts(data));
      if (typeof verdict !== 'boolean') expect(verdict.undecidable).toMatch(/^(a value is|the condition)/);
      const said = key(facts(data));
      if (typeof said === 'string') expect(String(data.orderId)).toBe(said);
      else expect(said.undecidable).toMatch(/^(a value is|the condition|the expression)/);
    }),
  );
});

test('names and addresses of a contact are not handed to conditions', () => {
  const condition = compileJourneyCondition('contact.size() == 1', 'trigger');
  expect(condition(facts({}, { email: 'ana@customer.example', firstName: 'Ana', orders: 3 }))).toBe(true);
});

test('the journeys of the gallery have no problem, messages included', async () => {
  const root = packageRoot();
  const { workspace } = await loadWorkspace(root);
  if (!workspace) throw new Error('volante.yaml is wrong');
  const files = ['welcome-series', 'abandoned-basket', 'birthday-gift'].map((id) =>
    join(root, 'campaigns', id, 'campaign.yaml'),
  );
  const outcomes = await loadCampaigns(files, { workspace, root, checkEmail });
  expect(problemsOf(outcomes)).toEqual([]);
  expect(outcomes.map(({ campaign }) => campaign?.resolved.trigger?.events)).toEqual([
    ['newsletter.joined'],
    ['basket.updated'],
    ['contact.birthday'],
  ]);
});
