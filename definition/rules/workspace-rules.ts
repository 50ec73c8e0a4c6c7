import type { Rule } from './rule';

const smtp = (fields: string) => `platforms: { mail: { smtp: { url: env://SMTP_URL, ${fields} } } }`;
const ana = (address: string) =>
  `people: { ana: { name: Ana, email: "${address}", roles: [marketing] }, bruno: { name: Bruno, email: bruno@shop.example, roles: [marketing] }, luis: { name: Luis, email: luis@shop.example, roles: [ops] } }`;

/** WORK: the workspace file, volante.yaml. */
export const workspaceRules: readonly Rule[] = [
  {
    id: 'WORK-701',
    severity: 'error',
    title: 'not an e-mail address',
    why: 'mail to or from it could never be delivered, and odd addresses are a way to smuggle in other recipients',
    fix: 'write name@domain, in plain letters',
    example: { file: 'workspace', fail: ana('ana@@shop.example'), pass: ana('ana@shop.example') },
  },
  {
    id: 'WORK-702',
    severity: 'error',
    title: 'not a rate',
    why: 'a rate is a number of messages per second, minute or hour',
    fix: 'write it as 200/s, 600/min or 5000/h',
    example: { file: 'workspace', fail: smtp('rate: fast'), pass: smtp('rate: 200/s') },
  },
  {
    id: 'WORK-703',
    severity: 'error',
    title: 'not a frequency cap',
    why: 'a cap is a number of messages per duration',
    fix: 'write it as 3 per 7d',
    example: { file: 'workspace', fail: 'frequencyCaps: [3 a week]', pass: 'frequencyCaps: [3 per 7d]' },
  },
  {
    id: 'WORK-704',
    severity: 'error',
    title: 'not an amount of money',
    why: 'money is an amount, a space and an ISO 4217 code, with at most six decimals',
    fix: 'write it as 0.0009 EUR',
    example: { file: 'workspace', fail: smtp('costPerMessage: 0.09 cents'), pass: smtp('costPerMessage: 0.0009 EUR') },
  },
  {
    id: 'WORK-705',
    severity: 'error',
    title: 'team or defaults name something unknown',
    why: 'every campaign that says nothing uses these',
    fix: 'use keys of `senders` and `platforms`',
    example: {
      file: 'workspace',
      fail: 'team: { sender: nobody, platform: mail }',
      pass: 'team: { sender: shop, platform: mail }',
    },
  },
  {
    id: 'WORK-706',
    severity: 'error',
    title: 'server address cannot be used',
    why: 'a mail server is named by a URL, or by a reference to one',
    fix: 'write smtp://host:port, smtps://host:port, env://NAME or secret://NAME',
    example: {
      file: 'workspace',
      fail: 'platforms: { mail: { smtp: { url: "http://mail" } } }',
      pass: 'platforms: { mail: { smtp: { url: "smtp://127.0.0.1:1025" } } }',
    },
  },
  {
    id: 'WORK-707',
    severity: 'error',
    title: 'secret is written out',
    why: 'a private key in a repository is not private any more',
    fix: 'write a reference: env://NAME or secret://NAME',
    example: {
      file: 'workspace',
      fail: smtp('dkim: { domain: shop.example, selector: v, privateKey: MIIEvQIBADANBg }'),
      pass: smtp('dkim: { domain: shop.example, selector: v, privateKey: "secret://DKIM_KEY" }'),
    },
  },
  {
    id: 'WORK-708',
    severity: 'error',
    title: 'platform or source has not exactly one kind',
    why: 'its one key says what it is',
    fix: 'write one of smtp and unleash for a platform, one of events, sql and http for a source',
    example: {
      file: 'workspace',
      fail: 'sources: { shop: {} }',
      pass: 'sources: { shop: { events: { secret: "secret://SHOP_EVENTS" } } }',
    },
  },
  {
    id: 'WORK-709',
    severity: 'error',
    title: 'secret of a source or platform is written out',
    why: 'a secret in a repository is not secret any more',
    fix: 'write a reference: env://NAME or secret://NAME',
    example: {
      file: 'workspace',
      fail: 'sources: { shop: { events: { secret: s3cr3t } } }',
      pass: 'sources: { shop: { events: { secret: "env://SHOP_EVENTS" } } }',
    },
  },
  {
    id: 'WORK-710',
    severity: 'error',
    title: 'source is called volante',
    why: 'under this name the product tells itself what happened, such as points that expire',
    fix: 'give the source another name',
    example: {
      file: 'workspace',
      fail: 'sources: { volante: { events: { secret: "env://SHOP_EVENTS" } } }',
      pass: 'sources: { shop: { events: { secret: "env://SHOP_EVENTS" } } }',
    },
  },
  {
    id: 'WORK-711',
    severity: 'error',
    title: 'repository has no address for git',
    why: 'git would take some words for commands or for files of its own',
    fix: 'write https://…, ssh://…, git@host:path, an absolute folder, or a reference',
    example: {
      file: 'workspace',
      fail: 'repositories: { shop: { url: "ext::sh -c id", actor: ana } }',
      pass: 'repositories: { shop: { url: "https://git.shop.example/campaigns.git", actor: ana } }',
    },
  },
];
