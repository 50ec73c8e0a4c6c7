import type { VNode } from 'preact';
import type { Translator } from '../../i18n/catalogue';
import type { Sample } from '../approval/samples';

export interface MailPreviewProps {
  step: string;
  /** `Name <address>` */
  from: string;
  full: { sample: Sample; htmlPath: string };
  /** Absent when the message is the same for everybody. */
  bare?: { sample: Sample; htmlPath: string };
  say: Translator;
}

/** One delivery step's message, for somebody with all data and for somebody without. */
export function MailPreview({ step, from, full, bare, say }: MailPreviewProps): VNode {
  return (
    <article aria-label={say('approval.mail', { step })}>
      <h3>{say('approval.mail', { step })}</h3>
      <p class="soft">{say('approval.mail.note')}</p>
      <Shown {...full} {...{ step, from, say }} />
      {bare && (
        <details>
          <summary>{say('approval.mail.bare')}</summary>
          <Shown {...bare} {...{ step, from, say }} />
        </details>
      )}
    </article>
  );
}

function Shown({
  sample,
  htmlPath,
  step,
  from,
  say,
}: MailPreviewProps['full'] & Pick<MailPreviewProps, 'step' | 'from' | 'say'>): VNode {
  if ('missing' in sample) return <p>{say('approval.mail.missing', { variable: sample.missing })}</p>;
  return (
    <>
      <div class="mail">
        <div class="mail-head">
          <p>
            <span class="soft">{say('approval.mail.from')}:</span> {from}
          </p>
          <p>
            <span class="soft">{say('approval.mail.subject')}:</span> <strong>{sample.subject}</strong>
          </p>
          {sample.preheader !== '' && (
            <p>
              <span class="soft">{say('approval.mail.preheader')}:</span> {sample.preheader}
            </p>
          )}
        </div>
        <iframe src={htmlPath} title={say('approval.mail.frame', { step })} sandbox="" />
      </div>
      <details>
        <summary>{say('approval.mail.text')}</summary>
        <pre>{sample.text}</pre>
      </details>
    </>
  );
}
