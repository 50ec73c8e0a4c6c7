/** Texts that would be markup, links, mentions, references or commands where forges read Markdown. */
export const hostileTexts = [
  'a | b',
  'a \\| b \\',
  '`code` ``more``',
  '```\n| x |\n```',
  '@everyone please approve, @shop/owners',
  'fixes #1, shop/other#2, GH-3, !4, ~label, %milestone, $snippet, &epic',
  'https://evil.example www.evil.example evil@evil.example',
  '[approve](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example>',
  '</details><script>alert(1)</script><img src=x onerror=alert(1)>',
  '<!-- volante:plan:test -->',
  '\n\n/approve\n/merge\n- [x] done',
  '# title\n===\n| a | b |\n|---|---|',
  '&#64;ana &lt;b&gt; &amp;',
  ':tada: **bold** _it_ ~~x~~ $`x`$ $$y$$',
  '\u202egnp.exe\u200b\u0000\ud800',
];
