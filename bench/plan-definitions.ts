/** How quick many definitions are loaded, checked and resolved, beside what a plain program needs for the same reading. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findCampaigns } from '../definition/find-campaigns';
import { loadCampaigns, problemsOf } from '../definition/load-campaigns';
import { loadWorkspace } from '../definition/load-workspace';
import { quietUntil } from '../definition/quiet-hours';
import { checkEmail } from '../operations/check-email';

export interface DefinitionFigures {
  definitions: number;
  /** Reading and checking every rule but those inside templates. */
  validateMs: number;
  definitionsPerSecond: number;
  /** Processor time of the same, over all threads; tells on a busy machine. */
  validateCpuMs: number;
  /** Reading the same files with a bare YAML parser, without positions or checks. */
  bareYamlMs: number;
  /** As `validateMs`, with the message of each definition compiled and checked as well. */
  withMessages: { definitions: number; ms: number };
  /** One question about one zone. */
  quietUntilMicroseconds: number;
}

const workspaceText = `environment: bench
people:
  ana: { name: Ana, email: ana@shop.example, roles: [marketing] }
  bruno: { name: Bruno, email: bruno@shop.example, roles: [marketing] }
  luis: { name: Luis, email: luis@shop.example, roles: [ops] }
senders: { shop: { name: Shop, address: hola@shop.example, postalAddress: Calle Mayor 1, listId: offers.shop.example } }
platforms: { mail: { smtp: { url: env://SMTP_URL, rate: 200/s, costPerMessage: 0.0009 EUR } } }
team: { sender: shop, platform: mail }
defaults: { sender: shop, platform: mail, locale: es, timezone: Europe/Madrid }
`;

/** A definition of usual size: every part that a campaign may have, no two alike. */
function definitionText(number: number): string {
  return `# yaml-language-server: $schema=../../definition/campaign.schema.json
id: bench-${number}
name: Bench campaign ${number}
owner: luis
story: { as: a returning customer, want: a reason to come back, so: I buy before the stock runs out }
audience:
  from: contacts
  where: contact.country == "ES" && contact.orders > ${number % 50} && !(contact.segment in ["staff", "test"])
  holdout: 10%
schedule:
  start: 2027-04-${String((number % 28) + 1).padStart(2, '0')}T09:00
  end: 2027-06-30T23:59
  timezone: Europe/Madrid
  quietHours: 21:00-08:30
  maxLateness: 15m
steps:
  - id: content
    gate: { approvers: [marketing], quorum: 1, expires: 2d, onExpiry: reject, question: Is it right? }
  - id: offer
    validUntil: end
    email:
      template: offer.html
      text: offer.txt
      subject: "{{ contact.firstName | default: 'Hola' }}, ${number} % esta semana"
      preheader: Solo hasta el domingo
  - id: pause
    wait: { for: 2d }
  - id: done
    if: steps["offer"].sent > 0
    needs: [offer, pause]
    notify: { to: [marketing, ops], subject: Done, message: "{{ steps.offer.sent }} messages sent." }
`;
}

const template = `<!doctype html><html lang="es"><head><title>Oferta</title></head><body>
<p>Hola {{ contact.firstName | default: 'amiga' }}</p><p><a href="https://shop.example/oferta">Ver la oferta</a></p>
<p>{{ sender.name }}, {{ sender.postalAddress }} <a href="{{ unsubscribeUrl }}">Baja</a></p></body></html>\n`;
const text = `Hola {{ contact.firstName | default: 'amiga' }}\nVer la oferta: https://shop.example/oferta\n{{ sender.name }}, {{ sender.postalAddress }}\nBaja: {{ unsubscribeUrl }}\n`;

export async function writeWorkspace(root: string, definitions: number): Promise<void> {
  await writeFile(join(root, 'volante.yaml'), workspaceText);
  for (let number = 1; number <= definitions; number++) {
    const folder = join(root, 'campaigns', `bench-${number}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'campaign.yaml'), definitionText(number));
    await writeFile(join(folder, 'offer.html'), template);
    await writeFile(join(folder, 'offer.txt'), text);
  }
}

async function milliseconds(work: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Writes that many definitions to a temporary folder and times what is done with them. */
export async function benchDefinitions({ definitions = 1_000 } = {}): Promise<DefinitionFigures> {
  const root = mkdtempSync(join(tmpdir(), 'volante-bench-'));
  try {
    await writeWorkspace(root, definitions);
    const { workspace } = await loadWorkspace(root);
    if (!workspace) throw new Error('the workspace of the bench is wrong');
    const validate = async (files: readonly string[], withMessages: boolean) => {
      const outcomes = await loadCampaigns(files, {
        workspace,
        root,
        checkEmail: withMessages ? checkEmail : undefined,
      });
      const errors = problemsOf(outcomes).filter(({ severity }) => severity === 'error');
      if (errors.length > 0) throw new Error(`a definition of the bench is wrong: ${JSON.stringify(errors[0])}`);
    };
    const files = findCampaigns(join(root, 'campaigns'));
    const some = files.slice(0, Math.min(100, files.length));
    const cpuBefore = process.cpuUsage();
    const validateMs = await milliseconds(async () => validate(findCampaigns(join(root, 'campaigns')), false));
    const cpu = process.cpuUsage(cpuBefore);
    const bareYamlMs = await milliseconds(async () => {
      for (const file of files) parse(await readFile(file, 'utf8'));
    });
    const withMessagesMs = await milliseconds(() => validate(some, true));
    return {
      definitions,
      validateMs: Math.round(validateMs),
      definitionsPerSecond: Math.round((definitions / validateMs) * 1000),
      validateCpuMs: Math.round((cpu.user + cpu.system) / 1000),
      bareYamlMs: Math.round(bareYamlMs),
      withMessages: { definitions: some.length, ms: Math.round(withMessagesMs) },
      quietUntilMicroseconds: await benchQuietHours(),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function benchQuietHours(): Promise<number> {
  const questions = 20_000;
  const zones = ['Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
  const quietHours = { from: '21:00', to: '08:30' };
  const ms = await milliseconds(() => {
    for (let index = 0; index < questions; index++) {
      quietUntil({ now: Date.UTC(2027, 0, 1) + index * 1_234_567, zone: zones[index % zones.length]!, quietHours });
    }
  });
  return Math.round((ms / questions) * 10_000) / 10;
}
