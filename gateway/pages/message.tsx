import type { FastifyReply } from 'fastify';
import { type Language, type MessageKey, type MessageValues, translator } from '../../i18n/catalogue';
import { Layout, sendPage } from './layout';

/** Messages that have a title and a text in the catalogue. */
export type MessageName = MessageKey extends infer Key ? (Key extends `${infer Name}.title` ? Name : never) : never;

/** A page that says one thing. */
export function sendMessagePage(
  reply: FastifyReply,
  page: { status: number; language: Language; message: MessageName; values?: MessageValues },
): FastifyReply {
  const say = translator(page.language);
  const title = say(`${page.message}.title` as MessageKey, page.values);
  return sendPage(
    reply,
    page.status,
    <Layout language={page.language} title={title}>
      <div class="card">
        <h1>{title}</h1>
        <p>{say(`${page.message}.text` as MessageKey, page.values)}</p>
      </div>
    </Layout>,
  );
}
