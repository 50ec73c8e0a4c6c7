/**
 * `POST /promotions/<action>`: where shops ask about codes and use them. Only sources of `volante.yaml` with `redeem: true`
 * that prove who they are; what changes something carries an `Idempotency-Key`.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Money } from '../../definition/resolved';
import { parseAddress } from '../../email/address';
import { nameHash } from '../../ledger/address-hash';
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
import { allowOnly } from '../http/methods';
import { bytesOf, idempotencyKeyOf, takeJson } from '../sources/json-body';
import { SignedSources } from '../sources/signed-sources';
import { type Action, type Asked, actions, readAsked } from './body';
import { Turns } from './turns';

const path = '/promotions/:action';
const mostBytes = 16 * 1024;

interface PromotionRoute {
  Params: { action: string };
}

export async function servePromotions(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey } = context;
  const turns = new Turns(database);
  const sources = new SignedSources(app, context);
  takeJson(app, context);

  app.post<PromotionRoute>(path, { bodyLimit: mostBytes }, async (request, reply) => {
    const now = new Date();
    const body = bytesOf(request);
    const source = await sources.redeeming({ request, body, now });
    if (source === undefined) return sources.refuse(request, reply, 'not signed by a source that may redeem');
    const action = actions.find((known) => known === request.params.action);
    if (!action) return reply.code(404).send({ error: `ask for one of ${actions.join(', ')}` });
    const asked = readAsked(body, action);
    if ('reason' in asked) return reply.code(400).send({ error: asked.reason });
    const customer = await customerOf(asked.value);
    const work = (client: Queryable) => act(client, { action, asked: asked.value, source, customer, now });
    const promotion = await promotionOf(database, asked.value);
    if (action === 'validate') return send(reply, await turns.take(promotion, work));
    const key = idempotencyKeyOf(request);
    if ('reason' in key) return reply.code(400).send({ error: key.reason });
    const signed = Buffer.concat([Buffer.from(`${action}\n`), body]);
    const answer = await turns.take(promotion, (client) =>
      answerOnce(client, { source, key: key.value, body: signed }, work),
    );
    if (answer === 'other-body')
      return reply.code(422).send({ error: 'this Idempotency-Key was used for another request', reason: 'key-reused' });
    return send(reply, answer);
  });

  allowOnly(app, path, ['POST']);

  /** A contact where the book knows one; else what stands for the shop's own number or address, which is not kept. */
  async function customerOf({ customer }: Asked): Promise<string | undefined> {
    if (customer?.contactId !== undefined) return `contact:${customer.contactId}`;
    if (customer?.email !== undefined) {
      const typed = customer.email.trim();
      const address = parseAddress(typed);
      const contact = address.ok ? await findContact(database, address.key) : undefined;
      return contact ? `contact:${contact.id}` : ofShop(address.ok ? address.key : typed.toLowerCase());
    }
    return customer?.id === undefined ? undefined : ofShop(customer.id);
  }

  function ofShop(name: string): string {
    return `shop:${nameHash(name, { of: 'customer', key: secretKey })}`;
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
