import { createTransport } from 'nodemailer';
import type { Browser } from 'playwright-core';
import { findChromium, openBrowser } from '../support/chromium';
import { describeWhen } from '../support/describe-when';
import { LocalStack } from '../support/local-stack';

const found = findChromium();

describeWhen('mailbox page', 'whyNot' in found ? found.whyNot : undefined, () => {
  const stack = new LocalStack();
  let browser: Browser;

  beforeAll(async () => {
    await stack.prepare();
    const [opened, up] = await Promise.all([
      openBrowser(),
      stack.run('up', '--infrastructure', '--headless', '--detach'),
    ]);
    browser = opened;
    expect(up).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await stack.dispose();
  }, 120_000);

  test('a mail sent to the stack can be read in a browser, also after a restart', async () => {
    const transport = createTransport(stack.file?.smtp.url);
    const message = {
      from: 'hola@shop.example',
      to: 'ana@shop.example',
      subject: 'Últimas horas',
      text: 'Hoy termina',
    };
    await transport.sendMail(message);
    transport.close();
    const page = await browser.newPage();
    await page.goto(stack.file?.mailbox?.url ?? '');
    await page.getByText('Últimas horas').first().waitFor();
    await stack.run('down');
    expect(await stack.run('up', '--infrastructure', '--headless', '--detach')).toMatchObject({ code: 0 });
    await page.goto(stack.file?.mailbox?.url ?? '');
    await page.getByText('Últimas horas').first().waitFor();
  });
});
