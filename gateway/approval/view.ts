/** What the approval page says, in words of the approver's language and time zone. */
import type { ResolvedCampaign } from '../../definition/resolved';
import type { Person, Workspace } from '../../definition/workspace-types';
import { type Language, languageOf, type Translator, translator } from '../../i18n/catalogue';
import { formatCount, formatList, formatMoment, formatMoney } from '../../i18n/format';
import { peopleWords } from '../../i18n/people';
import type { ApprovalToken } from '../../ledger/approval-tokens';
import type { MemberCounts } from '../../ledger/member-counts';
import type { StoredRevision } from '../../ledger/revisions';
import type { RunRow } from '../../ledger/runs';
import type { Decision, GateStory } from './gate-story';
import { nextSteps } from './next-steps';

export interface Fact {
  label: string;
  value: string;
  isCode?: boolean;
}

export interface ShownDecision {
  heading: string;
  note?: string;
}

export interface ApprovalView {
  language: Language;
  campaign: string;
  intro: string;
  question?: string;
  paused?: string;
  facts: Fact[];
  next: string[];
  silence: string;
  decisions: ShownDecision[];
}

export interface ApprovalSubject {
  link: ApprovalToken;
  person: Person;
  workspace: Workspace;
  run: RunRow;
  stored: StoredRevision;
  gate: GateTerms;
  story: GateStory;
  counts: MemberCounts;
}

type GateTerms = Extract<ResolvedCampaign['steps'][number], { kind: 'gate' }>['gate'];

export function approvalView(subject: ApprovalSubject): ApprovalView {
  const { link, person, workspace, run, stored, gate, story, counts } = subject;
  const language = languageOf(person.locale);
  const say = translator(language);
  const pausedBy = story.status?.paused?.by;
  return {
    language,
    campaign: stored.campaign.name,
    intro: say('approval.intro', { applicant: nameOf(workspace, run.appliedBy), gate: link.gate }),
    question: gate.question,
    ...(pausedBy !== undefined && { paused: say('approval.paused', { who: nameOf(workspace, pausedBy) }) }),
    facts: facts(subject, { language, say }),
    next: [
      ...(gate.quorum > 1 ? [say('approval.next.quorum', { quorum: gate.quorum })] : []),
      ...nextSteps(stored.campaign, {
        gate: link.gate,
        recipients: counts.members - counts.heldOut,
        language,
        timeZone: person.timezone,
      }),
    ],
    silence: say(`gate.mail.silence.${gate.onExpiry}`, { roles: formatList(language, gate.escalateTo) }),
    decisions: story.decisions.map((decision) => shownDecision(decision, { workspace, person })),
  };
}

export function shownDecision(
  { by, verdict, at, note }: Decision,
  { workspace, person }: { workspace: Workspace; person: Person },
): ShownDecision {
  const language = languageOf(person.locale);
  const values = { who: nameOf(workspace, by), at: formatMoment(language, at, person.timezone) };
  return { heading: translator(language)(`approval.history.${verdict}`, values), note };
}

/** People are called by their names; somebody who has left the workspace by the id that the run knows. */
export function nameOf({ people }: Workspace, id: string): string {
  return Object.hasOwn(people, id) ? (people[id]?.name ?? id) : id;
}

function facts(
  { link, person, run, stored, gate, story, counts }: ApprovalSubject,
  { language, say }: { language: Language; say: Translator },
): Fact[] {
  const count = (people: number) => formatCount(language, people);
  const moment = (at: string) => formatMoment(language, at, person.timezone);
  const { start, end, quietHours } = stored.campaign.schedule;
  const events = stored.campaign.trigger?.events;
  const recipients = counts.members - counts.heldOut;
  const deadline = story.view?.expiresAt;
  const unreachable = [
    ...(counts.suppressed > 0 ? [say('fact.unreachable.suppressed', { count: count(counts.suppressed) })] : []),
    ...(counts.unconsented > 0 ? [say('fact.unreachable.unconsented', { count: count(counts.unconsented) })] : []),
  ];
  const window = [
    start === undefined ? say('fact.window.approved') : say('fact.window.from', { start: moment(start) }),
    ...(end === undefined ? [] : [say('fact.window.until', { end: moment(end) })]),
  ];
  return [
    { label: say('fact.recipients'), value: events ? peopleWords(say, { recipients, events }) : count(recipients) },
    ...(unreachable.length > 0 ? [{ label: say('fact.unreachable'), value: unreachable.join(', ') }] : []),
    ...(counts.heldOut > 0 ? [{ label: say('fact.heldOut'), value: count(counts.heldOut) }] : []),
    {
      label: say('fact.cost'),
      value: run.cost.map((money) => formatMoney(language, money)).join(' + ') || say('fact.free'),
    },
    { label: say('fact.window'), value: window.join(', ') },
    ...(quietHours ? [{ label: say('fact.quietHours'), value: say('fact.quietHours.text', { ...quietHours }) }] : []),
    ...(deadline === undefined ? [] : [{ label: say('fact.deadline'), value: moment(deadline) }]),
    ...(gate.quorum > 1 ? [{ label: say('fact.approvals'), value: count(gate.quorum) }] : []),
    { label: say('fact.plan'), value: link.planHash.slice(0, 12), isCode: true },
    { label: say('fact.revision'), value: stored.revision.slice(0, 12), isCode: true },
    ...(stored.gitCommit ? [{ label: say('fact.commit'), value: stored.gitCommit.slice(0, 12), isCode: true }] : []),
  ];
}
