/** From what is known about a link to the page that says it. */
import type { FastifyReply } from 'fastify';
import { languageOf, translator } from '../../i18n/catalogue';
import { formatMoment } from '../../i18n/format';
import { countMembers } from '../../ledger/member-counts';
import type { GatewayContext } from '../context';
import { ApprovalPage, type ApprovalPageProps } from '../pages/approval';
import { sendPage } from '../pages/layout';
import type { MailPreviewProps } from '../pages/mail-preview';
import { sendMessagePage } from '../pages/message';
import { ReceiptPage } from '../pages/receipt';
import type { DecisionForm, FormFault } from './form';
import { emailsAfter } from './next-steps';
import type { Samples } from './samples';
import type { Session } from './session';
import type { Standing } from './standing';
import type { LinkSubject } from './subject';
import { approvalView, nameOf, shownDecision } from './view';

export interface PageRequest {
  subject: LinkSubject;
  session: Session;
  /** A form that came back because something is missing in it. */
  returned?: { form: DecisionForm; fault: FormFault };
}

export async function sendApproval(
  reply: FastifyReply,
  context: GatewayContext & { samples: Samples },
  request: PageRequest,
): Promise<FastifyReply> {
  const { subject, session, returned } = request;
  const { standing, person } = subject;
  if (!person || standing.is === 'barred') {
    const why = standing.is === 'barred' ? standing.why : 'not-allowed';
    const language = languageOf(person?.locale);
    return sendMessagePage(reply, { status: statuses[why], language, message: `approval.barred.${why}` });
  }
  if (standing.is !== 'open') return sendReceipt(reply, { ...subject, person }, standing);
  const { link, stored, run } = subject;
  const counts = await countMembers(context.database, run.no);
  const form: ApprovalPageProps['form'] = {
    action: `/approvals/${link.id}`,
    token: session.formToken(link.planHash),
    planHash: link.planHash,
    comment: returned?.form.comment,
    fault: returned?.fault,
  };
  const mails: ApprovalPageProps['mails'] = [];
  for (const step of emailsAfter(stored.campaign, link.gate)) {
    const { name, address } = step.email.sender;
    const [full, bare] = [
      await context.samples.render(stored, step, 'full'),
      await context.samples.render(stored, step, 'bare'),
    ];
    const shown = (kind: 'full' | 'bare', sample: typeof full): MailPreviewProps['full'] => ({
      sample,
      htmlPath: `/approvals/${link.id}/messages/${encodeURIComponent(step.id)}/${kind}`,
    });
    const isSame = JSON.stringify(full) === JSON.stringify(bare);
    mails.push({
      step: step.id,
      from: `${name} <${address}>`,
      full: shown('full', full),
      ...(!isSame && { bare: shown('bare', bare) }),
    });
  }
  const view = approvalView({ ...subject, person, counts });
  return sendPage(reply, returned ? 422 : 200, <ApprovalPage {...{ view, mails, form }} />);
}

const statuses = { changed: 409, 'not-allowed': 403, replaced: 410, expired: 410, lost: 409, over: 410 } as const;

type Receipt = Extract<Standing, { is: 'closed' | 'decided' }>;

function sendReceipt(
  reply: FastifyReply,
  { link, person, workspace, stored, run, story }: LinkSubject & { person: NonNullable<LinkSubject['person']> },
  standing: Receipt,
): FastifyReply {
  const language = languageOf(person.locale);
  const say = translator(language);
  const moment = (at: string | undefined) => (at === undefined ? '' : formatMoment(language, at, person.timezone));
  const values = { gate: link.gate, campaign: stored.campaign.name };
  const { title, text } =
    standing.is === 'decided'
      ? {
          title: say('receipt.waiting.title'),
          text: say(`receipt.waiting.${standing.decision.verdict}`, {
            ...values,
            at: moment(standing.decision.at),
            missing: standing.missing,
          }),
        }
      : {
          title: say(`receipt.${standing.outcome}.title`),
          text: say(`receipt.${standing.outcome}`, {
            ...values,
            who: nameOf(workspace, standing.last?.by ?? ''),
            at: moment(standing.outcome === 'expired' ? standing.at : standing.last?.at),
          }),
        };
  const reference = say('receipt.plan', { plan: link.planHash.slice(0, 12), run: run.runId });
  const decisions = story.decisions.map((decision) => shownDecision(decision, { workspace, person }));
  const historyTitle = say('approval.history');
  return sendPage(reply, 200, <ReceiptPage {...{ language, title, text, reference, decisions, historyTitle }} />);
}
