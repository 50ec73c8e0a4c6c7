/** A decision by link: the link is used up first, then the run is told, so that no link decides twice. */
import { isVolanteError } from '../../errors/volante-error';
import { burnApprovalToken, restoreApprovalToken } from '../../ledger/approval-tokens';
import { recordFact } from '../../ledger/audit';
import { decideAtGate } from '../../operations/decide';
import type { GatewayContext } from '../context';
import type { DecisionForm } from './form';
import type { LinkSubject } from './subject';

/** Where a request came from; kept beside the decision, because a link is not a login. */
export interface Visitor {
  ip: string;
  userAgent: string;
}

export type Delivery =
  | 'taken'
  /** Somebody was faster with the same link. */
  | 'used'
  /** The run said no. */
  | 'refused'
  /** The run did not answer. The link works again; the same decision said again counts once. */
  | 'unconfirmed';

export async function deliverDecision(
  context: GatewayContext,
  { link, person }: { link: LinkSubject['link']; person: NonNullable<LinkSubject['person']> },
  { form, visitor }: { form: DecisionForm; visitor: Visitor },
): Promise<Delivery> {
  const { database, metrics, logger } = context;
  const { runId, gate, planHash } = link;
  const { verdict, comment } = form;
  if (!(await burnApprovalToken(database, link.id))) return 'used';
  try {
    await decideAtGate(context, { runId, gate, verdict, person, planHash, via: 'page', note: comment });
  } catch (error) {
    if (isVolanteError(error) && (error.code === 'VOL-300' || error.code === 'VOL-301')) {
      await recordRefusal(context, { link, reason: error.message, visitor });
      return 'refused';
    }
    await restoreApprovalToken(database, link.id);
    logger.warn({ err: error, runId, gate }, 'a decision could not be delivered; its link works again');
    return 'unconfirmed';
  }
  metrics.gateDecisions.inc({ verdict, via: 'page' });
  await recordFact(database, {
    at: new Date(),
    runId,
    actor: person.id,
    action: 'gate.link-used',
    subject: gate,
    detail: { verdict, planHash, link: link.id, ...visitor },
    factKey: `${link.id}:used`,
  }).catch((error: unknown) => logger.error({ err: error, runId, gate }, 'a decision by link is not in the audit'));
  return 'taken';
}

/** What somebody tried with a real link and was not let. */
export async function recordRefusal(
  { database, logger }: GatewayContext,
  { link, reason, visitor }: { link: LinkSubject['link']; reason: string; visitor: Visitor },
): Promise<void> {
  const { runId, gate, person } = link;
  logger.warn({ runId, gate, person, reason }, 'a decision by link was refused');
  await recordFact(database, {
    at: new Date(),
    runId,
    actor: person,
    action: 'gate.link-refused',
    subject: gate,
    detail: { reason, link: link.id, ...visitor },
  });
}
