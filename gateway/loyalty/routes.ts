/**
 * `POST /loyalty/<action>`: where shops ask what a member has, and spend points or give them back. Only sources of
 * `volante.yaml` with `redeem: true` that prove who they are; what changes something carries an `Idempotency-Key`, unique
 * within its source.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { LoyaltyReward } from '../../definition/resolved-loyalty';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { writeDiscount } from '../../definition/write-promotion';
import { writeAmount, writeMoney } from '../../definition/written/money';
import { cardsOf } from '../../ledger/loyalty/card';
import { findMember } from '../../ledger/loyalty/find-member';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { returnSpent, type SpendAnswer, spendPoints } from '../../ledger/loyalty/spend';
import type { GatewayContext } from '../context';
import { allowOnly } from '../http/methods';
import { bytesOf, idempotencyKeyOf, takeJson } from '../sources/json-body';
import { SignedSources } from '../sources/signed-sources';
import { type Action, type Asked, actions, readAsked } from './body';

const path = '/loyalty/:action';
const mostBytes = 16 * 1024;

export async function serveLoyalty(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey } = context;
  const sources = new SignedSources(app, context);
  takeJson(app, context);

  app.post<{ Params: { action: string } }>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = bytesOf(request);
    const source = await sources.redeeming({ request, body, now });
    if (source === undefined) return sources.refuse(request, reply, 'not signed by a source that may redeem');
    const action = actions.find((known) => known === request.params.action);
    if (!action) return reply.code(404).send({ error: `ask for one of ${actions.join(', ')}` });
    const asked = readAsked(body, action, secretKey);
    if ('reason' in asked) return reply.code(400).send({ error: asked.reason });
    const key = action === 'balance' ? { value: '' } : idempotencyKeyOf(request);
    if ('reason' in key) return reply.code(400).send({ error: key.reason });
    const program = await findProgram(database, asked.value.program);
    if (!program) return reply.code(404).send({ ok: false, reason: 'no-such-program' });
    const contactId = await findMember(database, asked.value.member);
    if (contactId === undefined) return reply.code(404).send({ ok: false, reason: 'no-such-member' });
    return act(reply, { action, asked: asked.value, program, contactId, source, key: key.value, now });
  });

  allowOnly(app, path, ['POST']);

  async function act(
    reply: FastifyReply,
    given: {
      action: Action;
      asked: Asked;
      program: Program;
      contactId: string;
      source: string;
      key: string;
      now: Date;
    },
  ): Promise<FastifyReply> {
    const { action, asked, program, contactId, source, now } = given;
    if (action === 'balance') {
      const cards = await cardsOf(database, { program: program.id, contactIds: [contactId], now });
      const { points = 0, pending = 0, tier = null, expiring } = cards.get(contactId) ?? {};
      return reply.send({
        ok: true,
        points,
        pending,
        tier,
        expiring: expiring ?? null,
        rewards: program.terms.rewards.map(({ id, cost, promotion, ...reward }) => ({
          id,
          cost,
          ...shownReward(reward),
          ...(promotion && { promotion: shownTerms(promotion) }),
        })),
      });
    }
    if (program.state === 'closed') return reply.code(409).send({ ok: false, reason: 'program-closed' });
    const key = `${source}:${given.key}`;
    if (action === 'reverse') {
      const points = asked.points === undefined ? {} : { points: BigInt(asked.points) };
      const spendKey = `${source}:${asked.spending}`;
      return send(reply, await returnSpent(database, { program, contactId, key, spendKey, ...points, now }));
    }
    const reward = program.terms.rewards.find(({ id }) => id === asked.reward);
    if (asked.reward !== undefined && !reward) return reply.code(404).send({ ok: false, reason: 'no-such-reward' });
    const points = BigInt(reward?.cost ?? asked.points ?? 0);
    const shown = reward && shownReward(reward);
    const detail = { source, ...(reward && { reward: reward.id, ...shown }) };
    const { storeCredit: credit, promotion: terms } = reward ?? {};
    const code = reward && terms && { reward: reward.id, terms };
    const answer = await spendPoints(database, { program, contactId, key, points, detail, credit, code, now });
    return send(reply, answer, shown);
  }
}

interface ShownReward {
  gift?: string;
  storeCredit?: string;
}

/** Of a reward, what the till needs: store credit reaches the customer without it. */
function shownReward({ gift, storeCredit }: Pick<LoyaltyReward, 'gift' | 'storeCredit'>): ShownReward {
  return {
    ...(gift !== undefined && { gift }),
    ...(storeCredit && { storeCredit: writeMoney(storeCredit.amount) }),
  };
}

/** In the words of the campaign file. */
function shownTerms({ discount, minimumBasket }: PromotionTerms): Record<string, unknown> {
  return {
    discount: writeDiscount(discount),
    ...(minimumBasket && { minimumBasket: writeAmount(minimumBasket) }),
  };
}

function send(reply: FastifyReply, answer: SpendAnswer, reward: ShownReward = {}): FastifyReply {
  const balance = Number(answer.balance);
  if (answer.done)
    return reply.send({
      ok: true,
      points: Number(answer.points),
      balance,
      repeated: answer.repeated,
      ...reward,
      ...(answer.code && { code: answer.code.code, validUntil: answer.code.validUntil }),
    });
  const status =
    answer.reason === 'key-used-for-another-request' ? 422 : answer.reason === 'no-such-spending' ? 404 : 409;
  return reply.code(status).send({ ok: false, reason: answer.reason, balance });
}
