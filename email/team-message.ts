/** Mails to the team: few, plain, composed whole. Text and HTML say the same. */
import MailComposer from 'nodemailer/lib/mail-composer';
import type { EmailAddress } from './address';
import type { EmailSender } from './compiled';
import { messageId } from './message-id';
import type { PreparedMessage } from './prepared-message';

export interface TeamMessage {
  /** Delivery key; the Message-ID derives from it. */
  key: string;
  from: EmailSender;
  fromAddress: EmailAddress;
  to: { name: string; address: EmailAddress };
  language: string;
  subject: string;
  paragraphs: string[];
  facts?: { label: string; value: string }[];
  button?: { label: string; url: string };
  closing?: string[];
  date: Date;
}

export async function composeTeamMessage(message: TeamMessage): Promise<PreparedMessage> {
  const id = messageId(message.key, message.from.address.slice(message.from.address.lastIndexOf('@') + 1));
  const raw = await new MailComposer({
    from: { name: message.from.name, address: message.fromAddress },
    to: { name: message.to.name, address: message.to.address },
    subject: message.subject,
    text: asText(message),
    html: asHtml(message),
    messageId: id,
    date: message.date,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  return {
    key: message.key,
    messageId: id,
    envelope: { from: message.fromAddress, to: message.to.address },
    raw: () => raw,
  };
}

function asText({ paragraphs, facts = [], button, closing = [] }: TeamMessage): string {
  return [
    ...paragraphs,
    facts.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    ...(button ? [`${button.label}: ${button.url}`] : []),
    ...closing,
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

function asHtml({ language, subject, paragraphs, facts = [], button, closing = [] }: TeamMessage): string {
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th scope="row" align="left" style="padding:4px 16px 4px 0;color:#555;font-weight:normal">${escapeHtml(label)}</th><td style="padding:4px 0"><strong>${escapeHtml(value)}</strong></td></tr>`,
  );
  return [
    `<!doctype html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="margin:0;padding:24px;background:#f4f4f2;font:16px/1.5 system-ui,Helvetica,Arial,sans-serif;color:#222">',
    '<div style="max-width:560px;margin:0 auto;background:#fff;padding:24px;border-radius:8px">',
    ...paragraphs.map(paragraph),
    rows.length > 0 ? `<table style="border-collapse:collapse;margin:16px 0">${rows.join('')}</table>` : '',
    button
      ? `<p style="margin:24px 0"><a href="${escapeHtml(button.url)}" style="background:#0b6b4f;color:#fff;padding:12px 24px;border-radius:6px;text-decoration:none;font-weight:bold">${escapeHtml(button.label)}</a></p>`
      : '',
    ...closing.map((text) => `<p style="font-size:14px;color:#555">${escapeHtml(text)}</p>`),
    '</div></body></html>',
  ].join('\n');
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
