import type { VNode } from 'preact';
import type { Language } from '../../i18n/catalogue';
import type { ShownDecision } from '../approval/view';
import { History } from './approval';
import { Layout } from './layout';

export interface ReceiptPageProps {
  language: Language;
  title: string;
  text: string;
  reference: string;
  decisions: ShownDecision[];
  historyTitle: string;
}

/** What was decided, by whom and when: after a decision, and for everybody who comes later. */
export function ReceiptPage({ language, title, text, reference, decisions, historyTitle }: ReceiptPageProps): VNode {
  return (
    <Layout language={language} title={title}>
      <div class="card" role="status">
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <p class="soft">{reference}</p>
      </div>
      {decisions.length > 0 && (
        <section aria-labelledby="history">
          <h2 id="history">{historyTitle}</h2>
          <History decisions={decisions} />
        </section>
      )}
    </Layout>
  );
}
