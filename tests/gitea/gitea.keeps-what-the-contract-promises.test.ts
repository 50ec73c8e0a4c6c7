import { describeWhen } from '../support/describe-when';
import { forgeContract } from '../support/forge-contract';
import { GiteaServer, whyNoGitea } from '../support/gitea-server';

interface Comment {
  body: string;
  user: { login: string };
}
interface Status {
  context: string;
  status: string;
  description: string;
  target_url: string;
}

describeWhen('Gitea 1.24.6', whyNoGitea(), () => {
  forgeContract(async () => {
    const gitea = await GiteaServer.start();
    await gitea.call('POST', '/user/repos', { body: { name: 'campaigns', auto_init: true, default_branch: 'main' } });
    const repository = '/repos/ana/campaigns';
    const file = { content: Buffer.from('id: x\n').toString('base64'), message: 'change', new_branch: 'change' };
    const made = await gitea.call<{ commit: { sha: string } }>('POST', `${repository}/contents/campaign.yaml`, {
      body: { ...file, branch: 'main' },
    });
    const { number } = await gitea.call<{ number: number }>('POST', `${repository}/pulls`, {
      body: { title: 'Change', head: 'change', base: 'main' },
    });
    const comments = `${repository}/issues/${number}/comments`;
    return {
      address: { kind: 'gitea', url: gitea.url, repository: 'ana/campaigns', token: gitea.tokens.ana },
      pullRequest: number,
      commit: made.commit.sha,
      sayAsStranger: (body) => gitea.call('POST', comments, { as: 'mallory', body: { body } }),
      comments: async () =>
        (await gitea.call<Comment[]>('GET', comments)).map(({ body, user }) => ({ body, author: user.login })),
      statuses: async () =>
        (
          await gitea.call<{ statuses: Status[] }>('GET', `${repository}/commits/${made.commit.sha}/status`)
        ).statuses.map(({ context, status, description, target_url }) => ({
          context,
          state: status,
          description,
          targetUrl: target_url,
        })),
      close: () => gitea.stop(),
    };
  });
});
