import type { TemplateProblem } from '../../email/compiled';
import type { ResolvedSender } from '../resolved';
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
    const template = files.get(step.email.template);
    const text = step.email.text === undefined ? undefined : files.get(step.email.text);
    const sender = workspace.senders[step.email.sender ?? workspace.defaults.sender];
    if (!template || !sender || (step.email.text !== undefined && !text)) continue;
    const found = await checkEmail({
      template: { ...textOf(template), format: template.path.endsWith('.mjml') ? 'mjml' : 'html' },
      text: text && textOf(text),
      subject: step.email.subject,
      preheader: step.email.preheader,
      sender,
      locale: authored.whole?.locale ?? workspace.defaults.locale,
      campaign: { name: authored.whole?.name ?? authored.id ?? 'campaign' },
    });
    for (const problem of found) addTemplateProblem(context, problem, [...path, 'email']);
  }
}

function textOf({ path, content }: CampaignFile): { path: string; content: string } {
  return { path, content: content.toString('utf8') };
}

/** A place in a template is a place in that file; one in a line of the campaign file is a place in the campaign file. */
function addTemplateProblem({ source, problems }: CheckContext, problem: TemplateProblem, email: Path): void {
  const { source: where, ...rest } = problem;
  if (where === 'sender') {
    problems.addAs({
      ...rest,
      file: problems.file,
      ...source.placeOfKey(source.has([...email, 'sender']) ? [...email, 'sender'] : email),
    });
  } else if (where === 'subject' || where === 'preheader') {
    const [start, end] = problem.line === 1 ? [problem.column - 1, problem.endColumn - 1] : [0, 0];
    problems.addAs({ ...rest, file: problems.file, ...source.placeWithin([...email, where], start, end) });
  } else {
    problems.addAs({ ...rest, file: problems.beside(where) });
  }
}
