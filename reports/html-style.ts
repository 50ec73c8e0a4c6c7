/** Light or dark as the reader's system is; a column on screen, black on white on paper. */
export const htmlStyle = `
:root { color-scheme: light dark; --ink: #1f2421; --soft: #4d5651; --line: #d5d9d2; --paper: #fff; --ground: #f3f4f0; --good: #0b6b4f; --bad: #9c2018; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebe6; --soft: #b3bab4; --line: #414843; --paper: #1b1f1c; --ground: #121513; --good: #5fcfa5; --bad: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 0 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 .75rem; }
.phase { font-weight: 700; margin: 0 0 1rem; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin: 0 0 1rem; }
.alert { border: 3px solid var(--bad); color: var(--bad); font-weight: 700; }
.alert p:last-child { margin: 0; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 700; }
.soft { color: var(--soft); }
dl { display: grid; grid-template-columns: minmax(10rem, max-content) 1fr; gap: .375rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: 0 0 .75rem; }
caption { text-align: left; color: var(--soft); padding: 0 0 .375rem; }
th, td { text-align: left; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; padding-left: .75rem; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; margin: 0 0 .75rem; }
details { margin: 0 0 .75rem; }
summary { cursor: pointer; padding: .375rem 0; }
blockquote { margin: .25rem 0 0; padding: 0 0 0 .75rem; border-left: 3px solid var(--line); white-space: pre-wrap; }
ol.plain { list-style: none; margin: 0; padding: 0; }
ol.plain li { margin: 0 0 .75rem; }
:focus-visible { outline: 3px solid #4c7df0; outline-offset: 2px; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .5rem; } }
@media print { :root { --ink: #000; --soft: #333; --line: #999; --paper: #fff; --ground: #fff; --good: #000; --bad: #000; } body { font-size: 10pt; } main { max-width: none; padding: 0; } section { border: 0; padding: 0; margin: 0 0 1.5rem; } h2, h3, tr, svg { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`.trim();
