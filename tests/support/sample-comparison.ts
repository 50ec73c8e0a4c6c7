/** A compared plan in which every text, as far as people or files give it, is `text`. */
import type { ComparedPlan } from '../../definition/compared-plan';
import type { PlannedCampaign } from '../../definition/plan-document';
import type { Problem } from '../../errors/problem';

export function sampleComparison(text: string, options: { campaigns?: number; offline?: boolean } = {}): ComparedPlan {
  const { campaigns = 5, offline = false } = options;
  const ids = Array.from({ length: campaigns }, (_, n) => `${text}${n}`);
  const compared = ids.map((id, n) => sampleCampaign(id, { text, kind: n % 5 }));
  const planned = ids.flatMap((id, n) => {
    const action = ([undefined, 'launch', 'amend', 'refused', 'none'] as const)[n % 5];
    return action ? [samplePlanned(id, { text, action, reachable: n * 100 })] : [];
  });
  return {
    format: 'volante-comparison/1',
    environment: text,
    base: { name: text, commit: 'a'.repeat(40) },
    head: 'b'.repeat(40),
    campaigns: [
      ...compared,
      {
        id: text,
        file: text,
        relation: 'removed',
        changes: [],
        messages: [],
        problems: [],
        run: { runId: text, phase: text },
      },
    ],
    unchanged: [text],
    ...(!offline && {
      plan: {
        format: 'volante-plan/1',
        environment: text,
        summary: {
          launch: 1,
          change: 0,
          amend: 1,
          refused: 1,
          none: 1,
          invalid: 1,
          recipients: 300,
          irreversibleSteps: 1,
          cost: [],
        },
        campaigns: planned,
        hash: 'c'.repeat(64),
      },
    }),
  };
}

function problem(text: string, severity: Problem['severity']): Problem {
  return { severity, rule: text, file: text, line: 3, column: 4, endColumn: 9, message: text, why: text, fix: text };
}

function sampleWindow(): PlannedCampaign['window'] {
  return { start: '2027-04-01T07:00:00.000Z', timezone: 'Europe/Madrid', cron: [], maxLateness: 900_000 };
}

function sampleCampaign(id: string, { text, kind }: { text: string; kind: number }): ComparedPlan['campaigns'][number] {
  if (kind === 0)
    return { id, file: text, relation: 'invalid', changes: [], messages: [], problems: [problem(text, 'error')] };
  return {
    id,
    file: text,
    relation: kind === 1 ? 'added' : 'changed',
    changes: [
      { path: `steps.${text}.email.subject`, kind: 'changed', before: text, after: `${text}!`, cosmetic: false },
      { path: text, kind: 'added', after: { [text]: [text] }, cosmetic: false },
      { path: text, kind: 'removed', before: text, cosmetic: true },
    ],
    messages: [{ file: text, inserted: 12, deleted: 3, isMore: false }],
    problems: [problem(text, 'warning')],
    outline: {
      name: text,
      window: sampleWindow(),
      irreversible: [{ step: text, what: text }],
      gates: [{ step: text, approvers: [text, text], quorum: 2 }],
      isTriggered: false,
    },
  };
}

function samplePlanned(
  id: string,
  { text, action, reachable }: { text: string; action: PlannedCampaign['action']; reachable: number },
): PlannedCampaign {
  const isAmended = action === 'amend' || action === 'refused';
  return {
    id,
    name: text,
    file: text,
    action,
    revision: 'd'.repeat(64),
    planHash: 'e'.repeat(64),
    audience: {
      targeted: reachable + 10,
      heldOut: 10,
      suppressed: 0,
      unconsented: 0,
      capped: 0,
      reachable,
      undecidable: 0,
      undecidableReason: text,
      checksum: 'f'.repeat(64),
      timeZones: [],
    },
    cost: [{ currency: 'EUR', micros: 11_150_000 }],
    window: sampleWindow(),
    deliveries: [],
    gates: [],
    irreversible: [{ step: text, what: text }],
    collisions: [{ runId: text, campaign: text, phase: text, sharedMembers: 4, sharedPlatforms: [text] }],
    changes: [],
    ...(isAmended && {
      amendment: {
        runId: text,
        phase: text,
        changes: [
          {
            path: text,
            kind: 'changed',
            rule: 'live',
            effect: 'at-once',
            before: text,
            after: text,
            cosmetic: false,
            says: text,
          },
        ],
        voids: [text],
        refused: action === 'refused' ? [text] : [],
      },
      appliedRun: { runId: text, revision: 'a'.repeat(64), targeted: 15_393 },
    }),
    ...(action === 'none' && { alreadyRun: { runId: text, phase: text } }),
    warnings: [],
  };
}
