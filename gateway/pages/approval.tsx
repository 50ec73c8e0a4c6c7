/** The approval page: everything a decision needs on one screen, in one column, without a script. */
import type { VNode } from 'preact';
import { type Translator, translator } from '../../i18n/catalogue';
import type { FormFault } from '../approval/form';
import { longestComment } from '../approval/form';
import type { ApprovalView, ShownDecision } from '../approval/view';
import { Layout } from './layout';
import { MailPreview, type MailPreviewProps } from './mail-preview';

export interface ApprovalPageProps {
  view: ApprovalView;
  mails: Omit<MailPreviewProps, 'say'>[];
  form: { action: string; token: string; planHash: string; comment?: string; fault?: FormFault };
}

export function ApprovalPage({ view, mails, form }: ApprovalPageProps): VNode {
  const say = translator(view.language);
  const title = say('approval.title', { campaign: view.campaign });
  return (
    <Layout language={view.language} title={form.fault ? say('approval.error.page', { title }) : title}>
      <h1>{title}</h1>
      {form.fault && <ErrorSummary fault={form.fault} say={say} />}
      <p class="lead">{view.intro}</p>
      {view.question && <p class="lead">{view.question}</p>}
      <p>
        <a class="skip" href="#decision">
          {say('approval.skip')}
        </a>
      </p>
      {view.paused && <p class="card notice">{view.paused}</p>}
      <Facts view={view} say={say} />
      {mails.length > 0 && (
        <section aria-labelledby="mails">
          <h2 id="mails">{say('approval.mails')}</h2>
          {mails.map((mail) => (
            <MailPreview key={mail.step} {...mail} say={say} />
          ))}
        </section>
      )}
      <section aria-labelledby="next">
        <h2 id="next">{say('approval.next')}</h2>
        <ul>
          {view.next.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {mails.length > 0 && <p>{say('approval.undo')}</p>}
        <p>{say('approval.reject.effect')}</p>
        <p>{view.silence}</p>
      </section>
      <section aria-labelledby="history">
        <h2 id="history">{say('approval.history')}</h2>
        {view.decisions.length === 0 ? <p>{say('approval.history.none')}</p> : <History decisions={view.decisions} />}
      </section>
      <DecisionForm form={form} say={say} />
    </Layout>
  );
}

function Facts({ view, say }: { view: ApprovalView; say: Translator }): VNode {
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">{say('approval.facts')}</h2>
      <dl>
        {view.facts.map(({ label, value, isCode }) => [
          <dt key={`${label} term`}>{label}</dt>,
          <dd key={label}>{isCode ? <code>{value}</code> : value}</dd>,
        ])}
      </dl>
    </section>
  );
}

export function History({ decisions }: { decisions: ShownDecision[] }): VNode {
  return (
    <ul>
      {decisions.map(({ heading, note }) => (
        <li key={heading}>
          {heading}
          {note !== undefined && <blockquote>{note}</blockquote>}
        </li>
      ))}
    </ul>
  );
}

function ErrorSummary({ fault, say }: { fault: FormFault; say: Translator }): VNode {
  return (
    <div class="card error-summary" role="alert">
      <h2>{say('approval.error')}</h2>
      <a href="#comment">{faultText(fault, say)}</a>
    </div>
  );
}

function faultText(fault: FormFault, say: Translator): string {
  return say(`approval.error.${fault}`, { most: longestComment });
}

function DecisionForm({ form, say }: { form: ApprovalPageProps['form']; say: Translator }): VNode {
  const { fault } = form;
  return (
    <section id="decision" tabIndex={-1} aria-labelledby="decision-title">
      <h2 id="decision-title">{say('approval.form')}</h2>
      <form method="post" action={form.action}>
        <input type="hidden" name="formToken" value={form.token} />
        <input type="hidden" name="planHash" value={form.planHash} />
        <label for="comment">{say('approval.comment')}</label>
        <p class="hint" id="comment-hint">
          {say('approval.comment.hint')}
        </p>
        {fault && (
          <p class="field-error" id="comment-error">
            {faultText(fault, say)}
          </p>
        )}
        <textarea
          id="comment"
          name="comment"
          rows={4}
          autocomplete="off"
          aria-describedby={fault ? 'comment-hint comment-error' : 'comment-hint'}
          aria-invalid={fault ? 'true' : undefined}
          value={form.comment ?? ''}
        />
        <div class="buttons">
          <button class="approve" type="submit" name="verdict" value="approve">
            {say('approval.approve')}
          </button>
          <button class="reject" type="submit" name="verdict" value="reject">
            {say('approval.reject')}
          </button>
        </div>
      </form>
    </section>
  );
}
