import type { TemplateProblem } from '../../email/compiled';
import { messageFactsOf } from '../message-facts';
import type { ResolvedSender } from '../resolved';
import type { AuthoredStep } from '../schema/campaign';
import type { CampaignFile } from '../source/folder';
import type { Path } from '../source/place';
import type { CheckContext } from './context';

/** What a message is made of, as the campaign file says it. */
export interface EmailToCheck {
  template: { path: string; content: string; format: 'mjml' | 'html' };
  text?: { path: string; content: string };
  subject: string;
  preheader?: string;
  sender: ResolvedSender;
  locale: string;
  campaign: { name: string };
  /** Root variables besides those of every message. */
  facts: readonly string[];
}

/** Checks one message. Problems name their source: a path as given, `subject` or `preheader`. */
export type CheckEmail = (email: EmailToCheck) => TemplateProblem[] | Promise<TemplateProblem[]>;

/** Every message whose parts are there, checked. */
export async function checkEmails(
  context: CheckContext,
  { files, checkEmail }: { files: ReadonlyMap<string, CampaignFile>; checkEmail: CheckEmail },
): Promise<void> {
  const { authored, workspace } = context;
  for (const { step, path } of authored.steps) {
    if (!step.email) continue;
    for (const { email, path: at } of messagesOf(step.email, [...path, 'email'])) {
      const template = files.get(email.template);
      const text = email.text === undefined ? undefined : files.get(email.text);
      const sender = workspace.senders[email.sender ?? workspace.defaults.sender];
      if (!template || !sender || (email.text !== undefined && !text)) continue;
      const found = await checkEmail({
        template: { ...textOf(template), format: template.path.endsWith('.mjml') ? 'mjml' : 'html' },
        text: text && textOf(text),
        subject: email.subject,
        preheader: email.preheader,
        sender,
        locale: authored.whole?.locale ?? workspace.defaults.locale,
        campaign: { name: authored.whole?.name ?? authored.id ?? 'campaign' },
        facts: messageFactsOf(authored, step.email),
      });
      for (const problem of found) addTemplateProblem(context, problem, at);
    }
  }
}

type AuthoredEmail = NonNullable<AuthoredStep['email']>;
type Message = Pick<AuthoredEmail, 'template' | 'text' | 'subject' | 'preheader' | 'sender'>;

/** Every message that may leave: the arms that change something, or the one for all. */
function messagesOf(email: AuthoredEmail, path: Path): { email: Message; path: Path }[] {
  const arms = Object.entries(email.arms ?? {});
  if (arms.length === 0) return [{ email, path }];
  return arms.map(([name, arm]) => ({ email: { ...email, ...withoutAbsent(arm) }, path: [...path, 'arms', name] }));
}

function withoutAbsent<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function textOf({ path, content }: CampaignFile): { path: string; content: string } {
  return { path, content: content.toString('utf8') };
}

/** A place in a template is a place in that file; one in a line of the campaign file is a place in the campaign file. */
function addTemplateProblem({ source, problems }: CheckContext, problem: TemplateProblem, email: Path): void {
  const { source: where, ...rest } = problem;
  if (where === 'sender') {
    problems.addAs({ ...rest, file: problems.file, ...source.placeOfKey(ownOrBase(source, email, 'sender')) });
  } else if (where === 'subject' || where === 'preheader') {
    const [start, end] = problem.line === 1 ? [problem.column - 1, problem.endColumn - 1] : [0, 0];
    const at = [...ownOrBase(source, email, where)];
    problems.addAs({ ...rest, file: problems.file, ...source.placeWithin(at, start, end) });
  } else {
    problems.addAs({ ...rest, file: problems.beside(where) });
  }
}

/** Where a field of a message stands: at the arm that changes it, else at the message, else at its step. */
function ownOrBase(source: CheckContext['source'], email: Path, field: string): Path {
  const base = email.at(-2) === 'arms' ? email.slice(0, -2) : email;
  return (
    [
      [...email, field],
      [...base, field],
    ].find((path) => source.has(path)) ?? email
  );
}
