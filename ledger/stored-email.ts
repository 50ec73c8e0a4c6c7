import type { EmailStep } from '../definition/resolved';
import type { EmailSource } from '../email/compile';
import type { StoredRevision } from './revisions';

/**
 * What a delivery step's message is compiled from: the bytes that the ledger keeps for the revision.
 * @returns undefined when a file is missing, which applying the revision does not allow
 */
export function storedEmailSource(stored: StoredRevision, { email }: EmailStep): EmailSource | undefined {
  const { template, text, subject, preheader, sender } = email;
  const contentOf = (path: string) => stored.files.find((file) => file.path === path)?.content.toString('utf8');
  const html = contentOf(template.path);
  const ownText = text && contentOf(text.path);
  if (html === undefined || (text && ownText === undefined)) return undefined;
  return {
    template: { path: template.path, content: html, format: template.format },
    ...(text && ownText !== undefined && { text: { path: text.path, content: ownText } }),
    subject,
    preheader,
    sender,
    campaign: { name: stored.campaign.name },
    locale: stored.campaign.locale,
  };
}
