/**
 * `POST /promotions/<action>`: where shops ask about codes and use them. Only sources of `volante.yaml` with `redeem: true`
 * that prove who they are; what changes something carries an `Idempotency-Key`.
 */
import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Money } from '../../definition/resolved';
import type { EventSource, Workspace } from '../../definition/workspace-types';
import { findContact } from '../../ledger/contacts';
import type { Queryable } from '../../ledger/database';
import {
  type CodeUse,
  promotionOf,
  type Redemption,
  type Refusal,
  redeemCode,
  redeemHeld,
  refundRedeemed,
  releaseHeld,
  reserveCode,
  validateCode,
} from '../../ledger/promotions/redemption';
import { type Answer, answerOnce } from '../../ledger/promotions/requests';
import type { GatewayContext } from '../context';
import { answerFaultsInJson, proofOf } from '../events/routes';
import { isFromSource, liveSecrets } from '../events/signature';
import { allowOnly } from '../http/methods';
import { type Action, type Asked, actions, readAsked } from './body';
import { Turns } from './turns';

const path = '/promotions/:action';
const mostBytes = 16 * 1024;
const sourcesKeptMs = 1_000;

interface PromotionRoute {
  Params: { action: string };
}

export async function servePromotions(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, limits, secretKey } = context;
  const turns = new Turns(database);
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  answerFaultsInJson(app, context);

  app.post<PromotionRoute>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const source = await sourceOf(request, { body, now });
    if (source === undefined) return refuse(request, reply);
    const action = actions.find((known) => known === request.params.action);
    if (!action) return reply.code(404).send({ error: `ask for one of ${actions.join(', ')}` });
    const asked = readAsked(body, action);
    if ('reason' in asked) return reply.code(400).send({ error: asked.reason });
    const customer = await customerOf(asked.value);
    const work = (client: Queryable) => act(client, { action, asked: asked.value, source, customer, now });
    const promotion = await promotionOf(database, asked.value);
    if (action === 'validate') return send(reply, await turns.take(promotion, work));
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key))
      return reply.code(400).send({ error: 'Idempotency-Key: is missing, or not 1 to 200 visible characters' });
    const signed = Buffer.concat([Buffer.from(`${action}\n`), body]);
    const answer = await turns.take(promotion, (client) => answerOnce(client, { source, key, body: signed }, work));
    if (answer === 'other-body')
      return reply.code(422).send({ error: 'this Idempotency-Key was used for another request', reason: 'key-reused' });
    return send(reply, answer);
  });

  allowOnly(app, path, ['POST']);

  let known: { sources: Workspace['sources']; at: number } | undefined;

  /** The source whose secret proves the request, among those that may redeem. */
  async function sourceOf(
    request: FastifyRequest,
    { body, now }: { body: Buffer; now: Date },
  ): Promise<string | undefined> {
    if (!known || performance.now() - known.at > sourcesKeptMs)
      known = { sources: (await context.workspace()).sources, at: performance.now() };
    const proof = proofOf(request);
    if (!proof) return undefined;
    const mayRedeem = Object.entries(known.sources).filter(
      (entry): entry is [string, EventSource] => entry[1].kind === 'events' && entry[1].redeem === true,
    );
    return mayRedeem.find(([, { secret }]) =>
      isFromSource(body, { proof, secrets: liveSecrets(context.secretOf(secret)), now }),
    )?.[0];
  }

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const limit = await limitForgers(request);
    if (!limit.isAllowed && limit.isExceeded)
      return reply.code(429).header('retry-after', '60').send({ error: 'too many requests that nobody signed' });
    return reply.code(401).send({ error: 'not signed by a source that may redeem' });
  }

  /** A contact where the book knows one; else what stands for the shop's own number or address, which is not kept. */
  async function customerOf({ customer }: Asked): Promise<string | undefined> {
    if (customer?.contactId !== undefined) return `contact:${customer.contactId}`;
    if (customer?.email !== undefined) {
      const contact = await findContact(database, customer.email);
      return contact ? `contact:${contact.id}` : hashOf(customer.email.trim().toLowerCase());
    }
    return customer?.id === undefined ? undefined : hashOf(customer.id);
  }

  function hashOf(text: string): string {
    const key = Buffer.from(secretKey, 'hex');
    return `shop:${createHmac('sha256', key).update(`customer:${text}`).digest('base64url').slice(0, 22)}`;
  }
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  return reply.code(status).send(body);
}

interface Work {
  action: Action;
  asked: Asked;
  source: string;
  customer?: string;
  now: Date;
}

async function act(client: Queryable, { action, asked, source, customer, now }: Work): Promise<Answer> {
  const { code = '', basket = { currency: 'XXX', micros: 0 }, value, order: orderRef, withOthers } = asked;
  if (action === 'release' || action === 'refund' || asked.redemption !== undefined) {
    const change = { source, id: asked.redemption ?? '', value, orderRef, now };
    const perform = {
      release: releaseHeld,
      refund: refundRedeemed,
      redeem: redeemHeld,
      reserve: redeemHeld,
      validate: redeemHeld,
    };
    return answerOf(await perform[action](client, change));
  }
  const use: CodeUse = { source, code, basket, value, customer, orderRef, withOthers, now };
  switch (action) {
    case 'validate': {
      const found = await validateCode(client, use);
      if ('refused' in found) return refusalOf(found);
      const { terms } = found.promotion;
      const body = { ok: true, value: written(found.value), discount: terms.discount, stacking: terms.stacking };
      return { status: 200, body };
    }
    case 'reserve':
      return answerOf(await reserveCode(client, { ...use, holdMs: asked.holdMs }));
    case 'redeem':
      return answerOf(await redeemCode(client, use));
  }
}

function answerOf(answer: Redemption | Refusal): Answer {
  if ('refused' in answer) return refusalOf(answer);
  const { id, state, value, expiresAt } = answer;
  return {
    status: 200,
    body: {
      ok: true,
      redemption: id,
      state,
      value: written(value),
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    },
  };
}

function refusalOf({ refused }: Refusal): Answer {
  const isUnknown = refused === 'unknown-code' || refused === 'mistyped-code' || refused === 'unknown-redemption';
  return { status: isUnknown ? 404 : 409, body: { ok: false, reason: refused } };
}

/** As shops write it: 12.5 euros are `12.50`. */
function written({ micros, currency }: Money): { amount: string; currency: string } {
  const units = String(micros).padStart(7, '0');
  const decimals = units.slice(-6).replace(/0{1,4}$/, '');
  return { amount: `${units.slice(0, -6)}.${decimals}`, currency };
}
