import type { TemplateProblem } from '../../email/compiled';
import type { ResolvedSender } from '../resolved';
import type { CampaignFile } from '../source/folder';
import type { Path } from '../source/place';
import type { CheckContext } from './context';

/** What a message is made of, as the campaign file says it. */
export interface EmailToCheck {
  template: { path: string; content: Buffer; format: 'mjml' | 'html' };
  text?: { path: string; content: Buffer };
  subject: string;
  preheader?: string;
  sender: ResolvedSender;
  locale: string;
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
      template: {
        path: template.path,
        content: template.content,
        format: template.path.endsWith('.mjml') ? 'mjml' : 'html',
      },
      text: text && { path: text.path, content: text.content },
      subject: step.email.subject,
      preheader: step.email.preheader,
      sender,
      locale: authored.whole?.locale ?? workspace.defaults.locale,
    });
    for (const problem of found) addTemplateProblem(context, problem, [...path, 'email']);
  }
}

/** A place in a template is a place in that file; one in the subject is a place in the campaign file. */
function addTemplateProblem({ source, problems }: CheckContext, problem: TemplateProblem, email: Path): void {
  const { source: where, ...rest } = problem;
  if (where !== 'subject' && where !== 'preheader') {
    problems.addAs({ ...rest, file: problems.beside(where) });
    return;
  }
  const start = problem.line === 1 ? problem.column - 1 : 0;
  const end = problem.line === 1 ? problem.endColumn - 1 : 0;
  problems.addAs({ ...rest, file: problems.file, ...source.placeWithin([...email, where], start, end) });
}
