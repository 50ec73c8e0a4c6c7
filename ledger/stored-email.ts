import { messageFactsOf } from '../definition/message-facts';
import type { EmailStep } from '../definition/resolved';
import type { EmailArm } from '../definition/resolved-measuring';
import type { EmailSource } from '../email/compile';
import type { StoredRevision } from './revisions';

/**
 * What the message of a delivery step, or of one of its arms, is compiled from: the bytes that the ledger keeps for the
 * revision.
 * @returns undefined when a file is missing, which applying the revision does not allow
 */
export function storedEmailSource(stored: StoredRevision, { email }: EmailStep, arm?: string): EmailSource | undefined {
  const { template, text, subject, preheader, sender } = { ...email, ...armOf(email, arm) };
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
    facts: messageFactsOf(stored.campaign, email),
    ...(stored.campaign.tracking && { tracking: stored.campaign.tracking }),
  };
}

/** What an arm changes; nothing for a message without arms. */
export function armOf(email: EmailStep['email'], arm: string | undefined): Partial<EmailArm> {
  return email.arms?.find(({ name }) => name === arm) ?? {};
}
