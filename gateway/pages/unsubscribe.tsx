import type { VNode } from 'preact';
import { type Language, translator } from '../../i18n/catalogue';
import { Layout } from './layout';

interface UnsubscribePageProps {
  language: Language;
  /** Whoever wrote; absent when the ledger no longer knows. */
  sender?: string;
  /** Masked: the link may have been forwarded with the message. */
  address?: string;
}

/** One question, one button. Showing it changes nothing. */
export function UnsubscribePage({ language, sender, address }: UnsubscribePageProps): VNode {
  const say = translator(language);
  const question = sender && address ? say('unsubscribe.ask', { sender, address }) : say('unsubscribe.askAll');
  return (
    <Layout language={language} title={say('unsubscribe.button')}>
      <div class="card">
        <h1>{say('unsubscribe.button')}</h1>
        <p class="lead">{question}</p>
        <form method="post">
          <div class="buttons">
            <button class="approve" type="submit" name="from" value="page">
              {say('unsubscribe.button')}
            </button>
          </div>
        </form>
      </div>
    </Layout>
  );
}

export function UnsubscribedPage({ language, sender, address }: UnsubscribePageProps): VNode {
  const say = translator(language);
  const text = sender && address ? say('unsubscribe.doneText', { sender, address }) : say('unsubscribe.doneAll');
  return (
    <Layout language={language} title={say('unsubscribe.doneTitle')}>
      <div class="card" role="status">
        <h1>{say('unsubscribe.doneTitle')}</h1>
        <p class="lead">{text}</p>
      </div>
    </Layout>
  );
}
