/** What every campaign is doing, for the team on this machine. Shows; changes nothing. */
import type { VNode } from 'preact';
import { type Language, type MessageKey, type Translator, translator } from '../../i18n/catalogue';
import type { CampaignState } from '../../ledger/sync/campaign-states';
import type { SyncRepositoryRow } from '../../ledger/sync/repositories';
import { Layout } from '../pages/layout';

interface ConsoleProps {
  language: Language;
  campaigns: readonly CampaignState[];
  repositories: readonly SyncRepositoryRow[];
}

export function ConsolePage({ language, campaigns, repositories }: ConsoleProps): VNode {
  const say = translator(language);
  return (
    <Layout language={language} title={say('console.title')}>
      <h1>{say('console.title')}</h1>
      {campaigns.length === 0 && <p class="card">{say('console.none')}</p>}
      {campaigns.map((campaign) => (
        <CampaignCard key={campaign.campaignId} {...{ say, campaign }} />
      ))}
      {repositories.length > 0 && (
        <section>
          <h2>{say('console.repositories')}</h2>
          <ul>
            {repositories.map(({ repository, state, reason, appliedCommit }) => (
              <li key={repository}>
                <strong>{repository}</strong> · {say(`console.repository.${state}`)}
                {appliedCommit !== null && (
                  <>
                    {' · '}
                    <code>{appliedCommit.slice(0, 12)}</code>
                  </>
                )}
                {reason !== null && <> · {reason}</>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Layout>
  );
}

function CampaignCard({ say, campaign }: { say: Translator; campaign: CampaignState }): VNode {
  const { campaignId, sync, health, detail, file, runId } = campaign;
  return (
    <section>
      <h2>{campaignId}</h2>
      <dl>
        <dt>{say('console.sync')}</dt>
        <dd>{say(`console.sync.${sync}` as MessageKey)}</dd>
        <dt>{say('console.health')}</dt>
        <dd>{say(`console.health.${health}` as MessageKey)}</dd>
      </dl>
      {detail !== undefined && <p>{detail}</p>}
      <p class="soft">
        {file}
        {file !== undefined && runId !== undefined && ' · '}
        {runId}
      </p>
    </section>
  );
}
