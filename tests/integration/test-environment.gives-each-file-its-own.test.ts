import { createTransport } from 'nodemailer';
import { Client } from 'pg';
import { missingSearchAttributes } from '../../workers/temporal/namespace';
import { eventually } from '../support/eventually';
import { freshDatabase } from '../support/fresh-database';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { localEnvironment } from '../support/temporal';

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

test('two databases are migrated and do not see each other', async () => {
  const [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
  await query(first.url, 'create table only_here (id int)');
  const tables = (url: string) =>
    query<{ name: string }>(url, "select tablename as name from pg_tables where schemaname = 'public'");
  const inFirst = (await tables(first.url)).map(({ name }) => name);
  const inSecond = (await tables(second.url)).map(({ name }) => name);
  expect(inFirst).toContain('only_here');
  expect(inSecond).not.toContain('only_here');
  expect(inSecond).toContain('volante_migrations');
  await Promise.all([first.drop(), second.drop()]);
  await expect(query(first.url, 'select 1')).rejects.toThrow('does not exist');
});

test('the development server knows our search attributes', async () => {
  const environment = await localEnvironment();
  try {
    expect(await missingSearchAttributes({ connection: environment.connection, namespace: 'default' })).toEqual([]);
  } finally {
    await environment.teardown();
  }
});

describe('the SMTP sink', () => {
  let sink: SmtpSink;
  beforeAll(async () => {
    sink = await smtpSink();
  });
  afterAll(() => sink.stop());
  beforeEach(() => {
    sink.messages.length = 0;
    sink.behave(() => ({ do: 'accept' }));
  });

  const send = async (to: string): Promise<string> => {
    const transport = createTransport(sink.url);
    try {
      const sent = await transport.sendMail({
        from: 'shop@shop.example',
        to,
        subject: 'Hola',
        text: 'Hola',
        messageId: '<one@shop.example>',
      });
      return sent.response;
    } finally {
      transport.close();
    }
  };

  test('keeps envelope, message id and body of what it accepts', async () => {
    expect(await send('ana@shop.example')).toMatch(/^250/);
    expect(sink.messages).toMatchObject([
      { from: 'shop@shop.example', to: ['ana@shop.example'], messageId: '<one@shop.example>' },
    ]);
    expect(sink.messages[0]?.raw).toContain('Subject: Hola');
  });

  test.each([['mail' as const], ['recipient' as const], ['data' as const]])(
    'refuses at %s with the code it is told',
    async (at) => {
      sink.behave(() => ({ do: 'refuse', at, code: 451, text: '4.7.1 later' }));
      await expect(send('ana@shop.example')).rejects.toMatchObject({ responseCode: 451 });
      expect(sink.messages).toEqual([]);
    },
  );

  test('hangs up without keeping the message, or loses its answer after keeping it', async () => {
    sink.behave(() => ({ do: 'hang-up' }));
    await expect(send('ana@shop.example')).rejects.toThrow();
    expect(sink.messages).toHaveLength(0);
    sink.behave(() => ({ do: 'lose-answer' }));
    await expect(send('ana@shop.example')).rejects.toThrow();
    expect(sink.messages).toHaveLength(1);
  });

  test('goes away and comes back on the same port', async () => {
    await sink.goAway();
    await expect(send('ana@shop.example')).rejects.toThrow('ECONNREFUSED');
    await sink.comeBack();
    await send('ana@shop.example');
    await eventually(() => sink.messages.length === 1);
  });
});
