/** A shop whose customers do things: stored events, and a dispatcher that hands them to journeys. */
import type { ResolvedCampaign, ResolvedStep } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import { storeInbox } from '../../ledger/inbox';
import { dispatchOnce } from '../../operations/dispatch-inbox';
import { journeyConsumer } from '../../operations/journeys/dispatch';
import { eventually } from './eventually';
import { emailStep, gateStep, type Harness, testCampaign, testSecretKey } from './run-harness';
import { decide } from './run-talk';

export const wait = (id: string, what: object) =>
  ({ id, kind: 'wait', wait: what }) as Partial<ResolvedStep> & Pick<ResolvedStep, 'id' | 'kind'>;
export const letter = (id = 'letter', over: object = {}) => emailStep({ id, ...over });

/** A triggered campaign behind one gate. */
export function journeyCampaign(
  steps: Parameters<typeof testCampaign>[0]['steps'],
  {
    trigger = {},
    ...given
  }: Partial<Omit<ResolvedCampaign, 'steps' | 'schedule' | 'trigger'>> & {
    trigger?: Partial<ResolvedTrigger>;
    schedule?: Partial<ResolvedCampaign['schedule']>;
  } = {},
): ResolvedCampaign {
  return testCampaign({
    id: 'welcome',
    ...given,
    trigger: { events: ['order.paid'], reentry: 'after-end', exits: [], ...trigger },
    steps: [gateStep(), ...steps],
  });
}

export interface Shop {
  /** Stores an event about person `n`, as the gateway would; `id` makes it the same event again. */
  tell(type: string, person: number, given?: { id?: string; data?: Record<string, unknown> }): Promise<string>;
  /** Hands out what is stored until nothing is new. */
  dispatch(): Promise<void>;
  /** Launches, approves, and waits until the trigger is open. */
  open(campaign: ResolvedCampaign): Promise<string>;
  journeys(): Promise<JourneyRow[]>;
  refusals(): Promise<{ campaign: string; reason: string; detail: string }[]>;
  /** Waits until so many journeys have ended. */
  ended(count: number): Promise<JourneyRow[]>;
}

export interface JourneyRow {
  campaignId: string;
  runId: string;
  person: string;
  key: string;
  workflowId: string;
  state: string;
  outcome: string | null;
  exit: string | null;
  heldWhy: string | null;
}

export function shopOf(harness: Harness, options: { clock?: () => Date | Promise<Date> } = {}): Shop {
  const { database, environment } = harness;
  const consumer = journeyConsumer({ client: environment.client, database, secretKey: testSecretKey, ...options });
  let count = 0;
  const journeys = async () =>
    (
      await database.query<JourneyRow>(
        `select j.campaign_id as "campaignId", r.run_id as "runId", c.address as person, j.key, j.workflow_id as "workflowId",
                j.state, j.outcome, j.exit, j.held_why as "heldWhy"
           from journeys j join runs r on r.no = j.run_no join contacts c on c.id = j.contact_id order by j.event_no, j.campaign_id`,
      )
    ).rows;
  return {
    async tell(type, person, { id = `event-${++count}`, data = {} } = {}) {
      const { rows } = await database.query<{ id: string }>('select id from contacts where address = $1', [
        `p${person}@example.com`,
      ]);
      const contactId = rows[0]?.id;
      await storeInbox(database, [
        { source: 'shop', id, type, about: contactId && { contactId }, occurredAt: new Date(), data } as Parameters<
          typeof storeInbox
        >[1][number],
      ]);
      return id;
    },
    async dispatch() {
      const troubles: unknown[] = [];
      const onTrouble = ({ error }: { error: unknown }) => troubles.push(error);
      while ((await dispatchOnce({ database, consumers: [consumer], onTrouble })) > 0);
      if (troubles.length > 0) throw troubles[0];
    },
    async open(campaign) {
      const { runId } = await harness.launch(campaign);
      await decide(harness, runId, 'ana');
      await eventually(
        async () =>
          (await database.query(`select from triggers t join runs r on r.no = t.run_no where r.run_id = $1`, [runId]))
            .rowCount === 1,
        { what: 'the trigger is open' },
      );
      return runId;
    },
    journeys,
    async refusals() {
      const { rows } = await database.query<{ campaign: string; reason: string; detail: string }>(
        'select campaign_id as campaign, reason, detail from journey_refusals order by event_no, campaign_id',
      );
      return rows;
    },
    ended: (wanted) =>
      eventually(
        async () => {
          const rows = (await journeys()).filter(({ state }) => state === 'ended');
          return rows.length >= wanted && rows;
        },
        { what: `${wanted} journeys have ended` },
      ),
  };
}
