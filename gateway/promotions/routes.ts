/**
 * `POST /promotions/<action>`: where shops ask about codes and use them. Only sources of `volante.yaml` with `redeem: true`
 * that prove who they are; what changes something carries an `Idempotency-Key`.
 */
import type { FastifyInstance } from 'fastify';
import { parseAddress } from '../../email/address';
import { nameHash } from '../../ledger/address-hash';
import { findContact } from '../../ledger/contacts';
import { transaction } from '../../ledger/database';
import type { Ask } from '../../ledger/promotions/redemption';
import { type Answer, answerOnce, type KeyedRequest } from '../../ledger/promotions/requests';
import { promotionsOf, serveTogether } from '../../ledger/promotions/till';
import type { GatewayContext } from '../context';
import { allowOnly } from '../http/methods';
import { bytesOf, idempotencyKeyOf, takeJson } from '../sources/json-body';
import { SignedSources } from '../sources/signed-sources';
import { answerOf, askOf } from './answers';
import { type Asked, actions, readAsked } from './body';
import { Turns } from './turns';

const path = '/promotions/:action';
const mostBytes = 16 * 1024;

interface PromotionRoute {
  Params: { action: string };
}

interface ShopRequest extends KeyedRequest {
  ask: Ask;
}

export async function servePromotions(app: FastifyInstance, context: GatewayContext): Promise<void> {
  const { database, secretKey } = context;
  const lookups = new Turns<Ask, string>((_all, asks) => promotionsOf(database, asks));
  const turns = new Turns<ShopRequest, Answer | 'other-body'>((promotionNo, requests) =>
    transaction(database, (client) =>
      answerOnce(client, requests, async (fresh) => {
        const asks = fresh.map(({ ask }) => ask);
        return (await serveTogether(client, { promotionNo, asks })).map(answerOf);
      }),
    ),
  );
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
    const key = action === 'validate' ? { value: undefined } : idempotencyKeyOf(request);
    if ('reason' in key) return reply.code(400).send({ error: key.reason });
    const customer = await customerOf(asked.value);
    const ask = askOf(action, { asked: asked.value, source, customer, now });
    const signed = Buffer.concat([Buffer.from(`${action}\n`), body]);
    const promotionNo = await lookups.take('', ask);
    const answer = await turns.take(promotionNo, { source, key: key.value, body: signed, ask });
    if (answer === 'other-body')
      return reply.code(422).send({ error: 'this Idempotency-Key was used for another request', reason: 'key-reused' });
    return reply.code(answer.status).send(answer.body);
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
