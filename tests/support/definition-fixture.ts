/** A valid workspace and campaign on disk, to be broken one key at a time. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadOutcome, loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace, type WorkspaceOutcome } from '../../definition/load-workspace';
import type { Workspace } from '../../definition/workspace-types';

export const validCampaign = `id: spring-sale
name: Spring sale
owner: ana
audience: { from: contacts, where: 'contact.country == "ES"', holdout: 10% }
schedule: { timezone: Europe/Madrid, quietHours: 21:00-08:30 }
steps:
  - id: content
    gate: { approvers: [marketing, ops], quorum: 2 }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: "Hello {{ contact.firstName | default: 'friend' }}" }
  - id: note
    notify: { to: [ops, ana], subject: Done, message: Done. }
`;

export const validWorkspace = `environment: test
people:
  ana: { name: Ana, email: ana@shop.example, roles: [marketing], locale: es }
  bruno: { name: Bruno, email: bruno@shop.example, roles: [marketing], locale: en }
  luis: { name: Luis, email: luis@shop.example, roles: [ops], timezone: Europe/Lisbon }
senders:
  shop:
    name: La Tienda
    address: hola@shop.example
    postalAddress: Calle Mayor 1, 28013 Madrid, Spain
platforms:
  mail: { smtp: { url: env://SMTP_URL, rate: 200/s, connections: 10, costPerMessage: 0.0009 EUR } }
  flags: { unleash: { url: env://UNLEASH_URL, token: secret://UNLEASH_TOKEN } }
  pay: { stripe: { key: secret://STRIPE_KEY } }
  shop: { medusa: { token: secret://MEDUSA_KEY, url: https://medusa.shop.example } }
frequencyCaps: [3 per 7d]
team: { sender: shop, platform: mail }
defaults: { sender: shop, platform: mail, locale: es, timezone: Europe/Madrid }
`;

const template = '<!doctype html><html lang="en"><head><title>Hi</title></head><body><p>Hello</p></body></html>\n';

/** Writes volante.yaml and campaigns/spring-sale with the files that examples of rules name. Returns the campaign's folder. */
export async function writeFixture(root: string): Promise<string> {
  const folder = join(root, 'campaigns', 'spring-sale');
  await mkdir(folder, { recursive: true });
  await writeFile(join(root, 'volante.yaml'), validWorkspace);
  await writeFile(join(root, 'campaigns', 'people.csv'), 'email\n');
  await writeFile(join(folder, 'campaign.yaml'), validCampaign);
  await writeFile(join(folder, 'offer.html'), template);
  await writeFile(join(folder, 'offer.txt'), 'Hello\n');
  await writeFile(join(folder, 'people.csv'), 'email,country\nana@shop.example,ES\n');
  await writeFile(join(folder, 'no-header.csv'), 'ana@shop.example,ES\n');
  await writeFile(
    join(folder, 'huge.csv'),
    Buffer.concat([Buffer.from('email\n'), Buffer.alloc(20 * 1024 * 1024, 'x')]),
  );
  await symlink(join(root, 'campaigns', 'people.csv'), join(folder, 'linked.csv'));
  return folder;
}

/** Replaces the top-level keys that `keys` begins with. */
export function withKeys(text: string, keys: string): string {
  const replaced = new Set([...keys.matchAll(/^([A-Za-z]+):/gm)].map((match) => match[1]));
  const blocks = text.split(/^(?=[A-Za-z]+:)/m);
  const kept = blocks.filter((block) => !replaced.has(/^[A-Za-z]+/.exec(block)?.[0] ?? ''));
  return `${keys.trimEnd()}\n${kept.join('')}`;
}

export async function fixtureWorkspace(root: string): Promise<Workspace> {
  const { workspace, problems } = await loadWorkspace(root);
  if (!workspace) throw new Error(`the fixture's workspace is wrong: ${JSON.stringify(problems)}`);
  return workspace;
}

/** Loads the fixture's campaign after replacing keys, or the whole text. */
export async function loadChanged(
  root: string,
  change: { keys: string } | { whole: string | Buffer },
): Promise<LoadOutcome> {
  const folder = join(root, 'campaigns', 'spring-sale');
  const content = 'keys' in change ? withKeys(validCampaign, change.keys) : change.whole;
  await writeFile(join(folder, 'campaign.yaml'), content);
  return loadCampaign({ folder, workspace: await fixtureWorkspace(root), root });
}

export async function loadChangedWorkspace(root: string, keys: string): Promise<WorkspaceOutcome> {
  await writeFile(join(root, 'volante.yaml'), withKeys(validWorkspace, keys));
  try {
    return await loadWorkspace(root, { root });
  } finally {
    await writeFile(join(root, 'volante.yaml'), validWorkspace);
  }
}
