/** A member's card: `GET /l/<token>`, from the link in a mail. Shows points; changes nothing. */
import type { FastifyInstance } from 'fastify';
import type { VNode } from 'preact';
import { type Language, languageOf, type MessageKey, type Translator, translator } from '../../i18n/catalogue';
import { formatCount, formatMoment } from '../../i18n/format';
import { contactById } from '../../ledger/contacts';
import { type Card, type CardEntry, cardHistory, cardsOf } from '../../ledger/loyalty/card';
import { readCardToken } from '../../ledger/loyalty/card-token';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { codesOfMember, type MemberCode } from '../../ledger/loyalty/reward-codes';
import { inWords } from '../../ledger/promotions/shown';
import type { GatewayContext } from '../context';
import { visitorLanguage } from '../http/language';
import { allowOnly } from '../http/methods';
import { Layout, sendPage } from '../pages/layout';
import { sendMessagePage } from '../pages/message';

const path = '/l/:token';
const entriesShown = 20;

export async function serveCards(app: FastifyInstance, { database, secretKey, limits }: GatewayContext): Promise<void> {
  const limitForgers = app.createRateLimit({ max: limits.forgedTokens, timeWindow: 60_000 });

  app.get<{ Params: { token: string } }>(path, async (request, reply) => {
    const link = readCardToken(request.params.token, secretKey);
    const program = link && (await findProgram(database, link.program));
    if (!link || !program) {
      const language = visitorLanguage(request);
      const limit = await limitForgers(request);
      if (!limit.isAllowed && limit.isExceeded)
        return sendMessagePage(reply, { status: 429, language, message: 'message.tooMany' });
      return sendMessagePage(reply, { status: 404, language, message: 'message.notFound' });
    }
    const { contactId } = link;
    const now = new Date();
    const [contact, cards, entries, codes] = await Promise.all([
      contactById(database, contactId),
      cardsOf(database, { program: program.id, contactIds: [contactId], now }),
      cardHistory(database, { program: program.id, contactId, limit: entriesShown }),
      codesOfMember(database, { program: program.id, contactId, now }),
    ]);
    const language = contact?.locale ? languageOf(contact.locale) : visitorLanguage(request);
    const card = cards.get(contactId) ?? { contactId, points: 0, pending: 0, tier: null };
    const timeZone = contact?.timeZone ?? 'UTC';
    return sendPage(reply, 200, <CardPage {...{ language, program, card, entries, codes, timeZone }} />);
  });

  allowOnly(app, path, ['GET', 'HEAD']);
}

interface CardPageProps {
  language: Language;
  program: Program;
  card: Card;
  entries: readonly CardEntry[];
  codes: readonly MemberCode[];
  timeZone: string;
}

function CardPage({ language, program, card, entries, codes, timeZone }: CardPageProps): VNode {
  const say = translator(language);
  const { rewards } = program.terms;
  const { expiring, points, pending, tier } = card;
  return (
    <Layout language={language} title={say('card.title')}>
      <section>
        <h1>{say('card.title')}</h1>
        <p class="lead">{say('card.points', { points })}</p>
        <dl>
          <dt>{say('card.pending')}</dt>
          <dd>{formatCount(language, pending)}</dd>
          <dt>{say('card.tier')}</dt>
          <dd>{tier ?? say('card.noTier')}</dd>
        </dl>
        {expiring && (
          <p>{say('card.expiring', { points: expiring.points, at: formatMoment(language, expiring.at, timeZone) })}</p>
        )}
        {program.state === 'closed' && <p>{say('card.closed')}</p>}
      </section>
      {rewards.length > 0 && (
        <section>
          <h2>{say('card.rewards')}</h2>
          <ul>
            {rewards.map(({ id, cost }) => (
              <li key={id}>
                {say(points >= cost ? 'card.reward.enough' : 'card.reward.missing', {
                  id,
                  cost,
                  missing: cost - points,
                })}
              </li>
            ))}
          </ul>
        </section>
      )}
      {codes.length > 0 && (
        <section>
          <h2>{say('card.codes')}</h2>
          <ul>
            {codes.map(({ code, discount, validUntil }) => (
              <li key={code}>
                {say(validUntil ? 'card.code.until' : 'card.code', {
                  code,
                  discount: inWords(discount, language),
                  until: validUntil ? formatMoment(language, validUntil, timeZone) : '',
                })}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>{say('card.history')}</h2>
        <ul>
          {entries.map((entry) => (
            <li>{entryText(entry, { say, language, timeZone })}</li>
          ))}
        </ul>
        {entries.length === 0 && <p>{say('card.nothing')}</p>}
      </section>
    </Layout>
  );
}

const kindKeys: Record<string, MessageKey> = {
  earn: 'card.kind.earn',
  award: 'card.kind.award',
  adjust: 'card.kind.adjust',
  expire: 'card.kind.expire',
  spend: 'card.kind.spend',
  return: 'card.kind.return',
  refund: 'card.kind.refund',
  undo: 'card.kind.undo',
};

function entryText(
  { at, kind, points }: CardEntry,
  { say, language, timeZone }: { say: Translator; language: Language; timeZone: string },
): string {
  const what = say(kindKeys[kind] ?? 'card.kind.adjust');
  const sign = points > 0 ? '+' : points < 0 ? '−' : '';
  return `${formatMoment(language, at, timeZone)} · ${what} · ${sign}${formatCount(language, Math.abs(points))}`;
}
