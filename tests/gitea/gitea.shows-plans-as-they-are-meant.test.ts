/** What a real forge makes of our comments: it renders Markdown, finds mentions, references and links. */
import { Parser } from 'htmlparser2';
import { comparisonMarkdown } from '../../reports/comparison/markdown';
import { describeWhen } from '../support/describe-when';
import { GiteaServer, whyNoGitea } from '../support/gitea-server';
import { hostileTexts } from '../support/hostile-markdown';
import { sampleComparison } from '../support/sample-comparison';

describeWhen('Gitea 1.24.6', whyNoGitea(), () => {
  let gitea: GiteaServer;
  beforeAll(async () => {
    gitea = await GiteaServer.start();
    await gitea.call('POST', '/user/repos', { body: { name: 'campaigns', auto_init: true, default_branch: 'main' } });
  }, 120_000);
  afterAll(() => gitea?.stop());

  interface Rendered {
    tags: Record<string, number>;
    cells: number[];
    text: string;
  }

  async function rendered(markdown: string): Promise<Rendered> {
    const html = await gitea.call<string>('POST', '/markup', {
      body: { Mode: 'comment', Context: '/ana/campaigns', Text: markdown },
    });
    const result: Rendered = { tags: {}, cells: [], text: '' };
    const parser = new Parser({
      onopentagname: (name) => {
        result.tags[name] = (result.tags[name] ?? 0) + 1;
        if (name === 'tr') result.cells.push(0);
        if (name === 'td' || name === 'th') result.cells.push((result.cells.pop() ?? 0) + 1);
      },
      ontext: (text) => {
        result.text += text;
      },
    });
    parser.end(html);
    return result;
  }

  test('it does make links and mentions of what is not code', async () => {
    const { tags } = await rendered('@ana see https://shop.example and #1');
    expect(tags.a).toBeGreaterThanOrEqual(2);
  });

  test.each(hostileTexts)('%j is only shown', async (hostile) => {
    const { tags, cells } = await rendered(comparisonMarkdown(sampleComparison(hostile)));
    const known = [
      'p',
      'strong',
      'code',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
      'details',
      'summary',
      'ul',
      'li',
    ];
    expect(Object.keys(tags).filter((name) => !known.includes(name))).toEqual([]);
    expect(tags).toMatchObject({ table: 1, tr: 1 + 6, details: 6, summary: 6, strong: 1 });
    expect(cells).toEqual(Array.from({ length: 7 }, () => 7));
  });

  test('what a value is can be read', async () => {
    const { text } = await rendered(comparisonMarkdown(sampleComparison('Sale | `x` \\ <b> &amp; @ana')));
    expect(text).toContain('Sale | `x` \\ <b> &amp; @ana → Sale | `x` \\ <b> &amp; @ana!');
  });

  test('sixty thousand characters are taken', async () => {
    const markdown = comparisonMarkdown(sampleComparison('long words '.repeat(20), { campaigns: 300 }));
    const issue = await gitea.call<{ number: number }>('POST', '/repos/ana/campaigns/issues', { body: { title: 'x' } });
    const path = `/repos/ana/campaigns/issues/${issue.number}/comments`;
    expect((await gitea.call<{ body: string }>('POST', path, { body: { body: markdown } })).body.trimEnd()).toBe(
      markdown.trimEnd(),
    );
  });
});
