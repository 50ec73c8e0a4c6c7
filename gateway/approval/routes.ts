/**
 * The approval link. `/a/<token>` only opens a session and leads to an address without a secret; the
 * page shows; a POST from that page, with session, form token and the plan hash that was shown, decides.
 */
import formBody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { languageOf } from '../../i18n/catalogue';
import { type ApprovalToken, approvalTokenById, findApprovalToken } from '../../ledger/approval-tokens';
import type { GatewayContext } from '../context';
import { visitorLanguage } from '../http/language';
import { allowOnly } from '../http/methods';
import { setSampleHeaders } from '../http/security-headers';
import { type MessageName, sendMessagePage } from '../pages/message';
import { deliverDecision, recordRefusal, type Visitor } from './decision';
import { faultOf, readDecisionForm } from './form';
import { emailsAfter } from './next-steps';
import { sendApproval } from './pages';
import { isFromOwnPage } from './same-origin';
import { sampleKinds } from './sample-person';
import { createSamples } from './samples';
import { createSessions, type Session } from './session';
import { personOf, subjectOf } from './subject';

interface LinkRoute {
  Params: { token: string };
}
interface PageRoute {
  Params: { id: string };
}
interface MessageRoute {
  Params: { id: string; step: string; kind: string };
}

const minute = 60_000;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const idShape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function serveApprovals(app: FastifyInstance, gateway: GatewayContext): Promise<void> {
  const context = { ...gateway, samples: createSamples() };
  const { database, limits, secretKey, baseUrl } = context;
  const sessions = createSessions({ secretKey, https: baseUrl.startsWith('https:') });
  await app.register(formBody);
  const limited = (max: number) => ({ config: { rateLimit: { max, timeWindow: minute } } });

  app.get<LinkRoute>('/a/:token', limited(limits.approvalLinks), async (request, reply) => {
    const { token } = request.params;
    const link = tokenShape.test(token) ? await findApprovalToken(database, token) : undefined;
    if (!link) return say(request, reply, { status: 404, message: 'link.forged' });
    if (link.state === 'issued' && link.expiresAt <= new Date())
      return say(request, reply, { status: 410, message: 'link.expired', link });
    reply.header('set-cookie', sessions.open(link.id, new Date()));
    return reply.redirect(`/approvals/${link.id}`, 303);
  });
  allowOnly(app, '/a/:token', ['GET', 'HEAD']);

  app.get<PageRoute>('/approvals/:id', limited(limits.approvalPages), async (request, reply) => {
    const opened = await openedLink(request);
    if (!opened) return say(request, reply, { status: 403, message: 'link.closed' });
    const subject = await subjectOf(context, opened.link);
    if (!subject) return say(request, reply, { status: 404, message: 'link.forged' });
    return sendApproval(reply, context, { subject, session: opened.session });
  });

  app.post<PageRoute>('/approvals/:id', limited(limits.decisions), async (request, reply) => {
    const link = await linkById(request.params.id);
    const refuse = async (status: number, message: MessageName, reason: string): Promise<FastifyReply> => {
      if (link) await recordRefusal(context, { link, reason, visitor: visitorOf(request) });
      return say(request, reply, { status, message });
    };
    const session = sessions.read(request.params.id, request.headers.cookie, new Date());
    if (!link || !session) return refuse(403, 'link.closed', 'no session');
    if (!isFromOwnPage(request.headers, baseUrl)) return refuse(403, 'link.refused', 'not from our page');
    const form = readDecisionForm(request.body);
    if (!form) return refuse(400, 'message.bad', 'not our form');
    if (!session.isFormToken(form.formToken, form.planHash)) return refuse(403, 'link.refused', 'form token');
    if (form.planHash !== link.planHash) return refuse(409, 'approval.barred.changed', 'plan hash of another link');

    const subject = await subjectOf(context, link);
    if (!subject) return refuse(404, 'link.forged', 'unknown run');
    const { standing, person } = subject;
    if (standing.is !== 'open' || !person) {
      const reason = standing.is === 'barred' ? standing.why : standing.is;
      await recordRefusal(context, { link, reason, visitor: visitorOf(request) });
      return sendApproval(reply, context, { subject, session });
    }
    const fault = faultOf(form);
    if (fault) return sendApproval(reply, context, { subject, session, returned: { form, fault } });
    const delivery = await deliverDecision(context, { link, person }, { form, visitor: visitorOf(request) });
    if (delivery === 'unconfirmed') {
      reply.header('retry-after', '60');
      return sendMessagePage(reply, { status: 503, language: languageOf(person.locale), message: 'approval.retry' });
    }
    return reply.redirect(`/approvals/${link.id}`, 303);
  });
  allowOnly(app, '/approvals/:id', ['GET', 'HEAD', 'POST']);

  const messagePath = '/approvals/:id/messages/:step/:kind';
  app.get<MessageRoute>(messagePath, limited(limits.approvalPages), async (request, reply) => {
    const { step: stepId } = request.params;
    const kind = sampleKinds.find((candidate) => candidate === request.params.kind);
    const opened = await openedLink(request);
    if (!opened) return say(request, reply, { status: 403, message: 'link.closed' });
    const subject = await subjectOf(context, opened.link);
    const steps = subject?.standing.is === 'open' ? emailsAfter(subject.stored.campaign, opened.link.gate) : [];
    const step = steps.find(({ id }) => id === stepId);
    if (!subject || !step || !kind || !isForFrame(request)) return reply.callNotFound();
    const sample = await context.samples.render(subject.stored, step, kind);
    if ('missing' in sample) return reply.callNotFound();
    setSampleHeaders(reply);
    return reply.type('text/html; charset=utf-8').send(sample.html);
  });
  allowOnly(app, messagePath, ['GET', 'HEAD']);

  async function linkById(id: string): Promise<ApprovalToken | undefined> {
    return idShape.test(id) ? approvalTokenById(database, id) : undefined;
  }

  async function openedLink(
    request: FastifyRequest<PageRoute>,
  ): Promise<{ link: ApprovalToken; session: Session } | undefined> {
    const session = sessions.read(request.params.id, request.headers.cookie, new Date());
    const link = session && (await linkById(request.params.id));
    return session && link && { session, link };
  }

  /** In the language of the person the link was made for, where one is known. */
  async function say(
    request: FastifyRequest,
    reply: FastifyReply,
    page: { status: number; message: MessageName; link?: ApprovalToken },
  ): Promise<FastifyReply> {
    const person = page.link && personOf(await context.workspace(), page.link.person);
    const language = person ? languageOf(person.locale) : visitorLanguage(request);
    return sendMessagePage(reply, { ...page, language });
  }
}

/** Browsers say what they fetch a page for; a message is only ever shown in our frame. */
function isForFrame(request: FastifyRequest): boolean {
  const purpose = request.headers['sec-fetch-dest'];
  return purpose === undefined || purpose === 'iframe';
}

function visitorOf(request: FastifyRequest): Visitor {
  return { ip: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 200) };
}
