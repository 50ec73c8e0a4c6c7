import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { SmtpPlatform } from '../../definition/workspace-types';
import { launch } from '../../operations/launch';
import { packageRoot } from '../../settings/package-root';
import { findChromium, openBrowser } from '../support/chromium';
import { describeWhen } from '../support/describe-when';
import { mailedLink, startGateway, type TestGateway } from '../support/gateway';
import { type Harness, runHarness } from '../support/run-harness';
import { openGate, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

const found = findChromium();
const root = packageRoot();
/** Where the README's picture goes: `VOLANTE_PICTURES=docs/images npx jest --selectProjects browser`. */
const pictures = process.env.VOLANTE_PICTURES;

describeWhen('approval page', 'whyNot' in found ? found.whyNot : undefined, () => {
  let environment: TestWorkflowEnvironment;
  let harness: Harness;
  let gateway: TestGateway;
  let workers: Awaited<ReturnType<Harness['startWorkers']>>;
  let browser: Browser;
  let phone: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  let started = 0;

  beforeAll(async () => {
    const { workspace } = await loadWorkspace(root);
    if (!workspace) throw new Error('volante.yaml is not valid');
    environment = await localEnvironment();
    const [[name, platform]] = Object.entries(workspace.platforms) as [[string, SmtpPlatform]];
    const platforms = { [name]: { ...platform, ratePerSecond: undefined } };
    harness = await runHarness(environment, { workspace: { ...workspace, platforms } });
    gateway = await startGateway(harness);
    workers = await harness.startWorkers();
    await harness.importPeople(2_480, () => ({ country: 'ES', orders: '3' }));
    browser = await openBrowser();
  }, 120_000);

  beforeEach(async () => {
    phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      locale: 'es-ES',
      javaScriptEnabled: false,
    });
    page = await phone.newPage();
    complaints.length = 0;
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
  });

  afterEach(async () => phone?.close());

  afterAll(async () => {
    await browser?.close();
    workers?.shutdown();
    await workers?.done;
    await gateway?.close();
    await harness?.close();
    await environment?.teardown();
  }, 120_000);

  async function askAna(): Promise<{ runId: string; link: string }> {
    const { workspace } = harness.deps;
    const { campaign } = await loadCampaign({ folder: join(root, 'campaigns', 'spring-sale'), workspace, root });
    if (!campaign) throw new Error('the gallery campaign is not valid');
    started += 1;
    const { runId } = await launch(
      { client: environment.client, database: harness.database },
      {
        campaign: campaign.resolved,
        revision: campaign.revision,
        files: campaign.files,
        planHash: 'a'.repeat(64),
        environment: 'test',
        by: 'luis',
        targeted: 2_480,
        again: process.pid * 100 + started,
        taskQueue: harness.taskQueue,
      },
    );
    harness.sink.messages.length = 0;
    await openGate(harness, runId);
    return { runId, link: await mailedLink(harness, 'ana@shop.example') };
  }

  /** Presses Tab until an element that fits has the focus; fails when the page has been gone round. */
  async function tabTo(selector: string): Promise<void> {
    for (let pressed = 0; pressed < 40; pressed += 1) {
      await page.keyboard.press('Tab');
      if (await page.locator(`${selector}:focus`).count()) return;
    }
    throw new Error(`Tab never comes to ${selector}`);
  }

  test('approves in Spanish, by keyboard alone, with JavaScript off', async () => {
    const { runId, link } = await askAna();
    await page.goto(link);
    expect(page.url()).toMatch(/\/approvals\/[0-9a-f-]{36}$/);
    expect(await page.locator('html').getAttribute('lang')).toBe('es');
    await page.getByRole('heading', { level: 1, name: 'Tu decisión: Spring sale' }).waitFor();
    await tabTo('a.skip');
    await page.keyboard.press('Enter');
    await tabTo('#comment');
    await page.keyboard.type('Adelante, con ganas');
    await tabTo('button[value="approve"]');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Aprobada' }).waitFor();
    expect(await page.getByText('Adelante, con ganas').count()).toBe(1);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Aprobada' }).waitFor();
    await page.goto(link);
    await page.getByRole('heading', { level: 1, name: 'Aprobada' }).waitFor();
    expect(complaints).toEqual([]);
    const { phase, gates } = await resultOf(harness, runId);
    expect(phase).toBe('done');
    expect(gates[0]?.decisions).toMatchObject([{ by: 'ana', verdict: 'approve', via: 'page' }]);
  });

  test('rejects only with a reason, and says so where the reason goes', async () => {
    const { runId, link } = await askAna();
    await page.goto(link);
    await page.getByRole('button', { name: 'Rechazar' }).tap();
    await page.getByRole('alert').getByText('Di por qué rechazas.').waitFor();
    expect(await page.title()).toMatch(/^Error: /);
    await page.getByRole('link', { name: 'Di por qué rechazas.' }).tap();
    await page.getByLabel('Comentario').fill('Falta el IVA');
    await page.getByRole('button', { name: 'Rechazar' }).tap();
    await page.getByRole('heading', { level: 1, name: 'Rechazada' }).waitFor();
    expect((await resultOf(harness, runId)).phase).toBe('rejected');
    const refusals = complaints.filter((complaint) => !complaint.includes('422'));
    expect(refusals).toEqual([]);
  });

  test('fits a phone: nothing to scroll sideways, targets large enough, the message in its frame', async () => {
    const { link } = await askAna();
    await page.goto(link);
    const frame = page.frameLocator('iframe').first();
    await frame.getByText('15 % en toda la tienda').waitFor();
    const scripted = await browser.newContext({ viewport: { width: 320, height: 640 }, isMobile: true });
    const narrow = await scripted.newPage();
    narrow.on('console', (message) => complaints.push(message.text()));
    await narrow.goto(link);
    expect(await narrow.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    for (const name of ['Aprobar', 'Rechazar']) {
      const box = await narrow.getByRole('button', { name }).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
    expect(await contrastFailures(narrow)).toEqual([]);
    await narrow.locator('#comment').focus();
    await narrow.keyboard.press('Tab');
    const outline =
      '(() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement); return [document.activeElement.value, outlineStyle, outlineWidth]; })()';
    expect(await narrow.evaluate(outline)).toEqual(['approve', 'solid', '3px']);
    await scripted.close();
    expect(complaints).toEqual([]);
  });

  test('the picture that the README shows', async () => {
    const { link } = await askAna();
    await page.setViewportSize({ width: 430, height: 980 });
    await page.goto(link);
    await page.frameLocator('iframe').first().getByText('15 % en toda la tienda').waitFor();
    const picture = await page.screenshot({ scale: 'device' });
    expect(picture.byteLength).toBeGreaterThan(20_000);
    expect(picture.byteLength).toBeLessThan(200_000);
    if (pictures === undefined) return;
    const file = join(root, pictures, 'approval-page.png');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, picture);
  });
});

/** Texts whose colour has less than 4.5 times the luminance of what is behind them (WCAG 2.2, 1.4.3). */
function contrastFailures(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const luminance = ([r, g, b]) => [r, g, b]
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
      }
      return [255, 255, 255];
    };
    return [...document.querySelectorAll('body *')]
      .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
      .filter((element) => {
        const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
      })
      .map((element) => element.outerHTML.slice(0, 120));
  })()`);
}
