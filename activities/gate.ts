import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { gateTermsOf } from '../definition/gates-of';
import type { ResolvedCampaign } from '../definition/resolved';
import type { Person } from '../definition/workspace-types';
import { languageOf, translator } from '../i18n/catalogue';
import { formatCount, formatMoment, formatMoney } from '../i18n/format';
import { peopleWords } from '../i18n/people';
import { issueApprovalToken } from '../ledger/approval-tokens';
import { countMembers } from '../ledger/member-counts';
import { readRevision } from '../ledger/revisions';
import { findRun, type RunRow, setPhase } from '../ledger/runs';
import type { ControlActivities } from './contract';
import type { ActivityDependencies } from './dependencies';
import { mailToTeam, type TeamMailContent } from './team-mail';

type Question = Parameters<ControlActivities['askApprovers']>[0];

/** A link of a gate without deadline works this long; the next reminder brings a new one. */
const longestLinkMs = 72 * 3600_000;

/** Mails everybody who may decide and has not, each with a personal link bound to gate, person and plan hash. */
export function createAskApprovers(deps: ActivityDependencies): ControlActivities['askApprovers'] {
  return async (question) => {
    const { database, workspace } = deps;
    const run = await findRun(database, question.run.runId);
    const stored = await readRevision(database, question.run.revision);
    if (!run || !stored)
      throw ApplicationFailure.nonRetryable('the run is not in the ledger', failureTypes.planInvalid);
    await setPhase(database, run.no, 'gate');
    const people = Object.values(workspace.people).filter((person) => mayDecide(person, question));
    if (people.length === 0)
      throw ApplicationFailure.nonRetryable(
        `nobody in volante.yaml may decide at gate ${question.gate}: it needs ${question.roles.join(' or ')}`,
        failureTypes.workspaceMismatch,
      );
    let asked = 0;
    for (const person of people) {
      const key = `${run.runId}:${question.gate}:${person.id}:${question.round}`;
      const content = () => gateMail(deps, { question, run, campaign: stored.campaign, person });
      if (await mailToTeam(deps, { key, runId: run.runId, person, now: new Date(question.now) }, content)) asked += 1;
    }
    return { asked };
  };
}

function mayDecide(person: Person, { roles, decided, excluded }: Question): boolean {
  return (
    person.roles.some((role) => roles.includes(role)) && !decided.includes(person.id) && !excluded.includes(person.id)
  );
}

interface Asking {
  question: Question;
  run: RunRow;
  campaign: ResolvedCampaign;
  person: Person;
}

async function gateMail(
  deps: ActivityDependencies,
  { question, run, campaign, person }: Asking,
): Promise<TeamMailContent> {
  const language = languageOf(person.locale);
  const say = translator(language);
  const terms = gateTermsOf(campaign, question.gate);
  const expiresAt = question.expiresAt === undefined ? undefined : new Date(question.expiresAt);
  const deadline = expiresAt && formatMoment(language, expiresAt, person.timezone);
  const { token } = await issueApprovalToken(deps.database, {
    runId: run.runId,
    gate: question.gate,
    person: person.id,
    planHash: question.planHash,
    expiresAt: expiresAt ?? new Date(Date.parse(question.now) + longestLinkMs),
  });
  const { members, heldOut } = await countMembers(deps.database, run.no);
  const recipients = members - heldOut;
  const people = peopleWords(say, { recipients, events: campaign.trigger?.events });
  const subject =
    deadline === undefined
      ? 'gate.mail.subjectHeld'
      : question.round === 0
        ? 'gate.mail.subject'
        : 'gate.mail.subjectReminder';
  const { start } = campaign.schedule;
  return {
    subject: say(subject, { deadline: deadline ?? '', campaign: campaign.name, people }),
    paragraphs: [
      say('gate.mail.intro', {
        applicant: deps.workspace.people[run.appliedBy]?.name ?? run.appliedBy,
        gate: question.gate,
        campaign: campaign.name,
      }),
      ...(terms?.question === undefined ? [] : [terms.question]),
    ],
    facts: [
      { label: say('fact.recipients'), value: campaign.trigger ? people : formatCount(language, recipients) },
      {
        label: say('fact.cost'),
        value: run.cost.map((money) => formatMoney(language, money)).join(' + ') || say('fact.free'),
      },
      {
        label: say('fact.window'),
        value:
          start === undefined
            ? say('fact.window.approved')
            : say('fact.window.from', { start: formatMoment(language, start, person.timezone) }),
      },
      ...(deadline === undefined ? [] : [{ label: say('fact.deadline'), value: deadline }]),
      { label: say('fact.plan'), value: question.planHash.slice(0, 12) },
    ],
    button: { label: say('gate.mail.review'), url: `${deps.gatewayUrl}/a/${token}` },
    closing: [
      deadline === undefined ? say('gate.mail.personalOpen') : say('gate.mail.personal', { deadline }),
      ...(terms ? [say(`gate.mail.silence.${terms.onExpiry}`, { roles: terms.escalateTo.join(', ') })] : []),
    ],
  };
}
