/** One style for all pages: a single column that fits a phone, large targets, visible focus, contrast of at least 4.5. */
export const styleSheet = `
:root { --ink: #1f2421; --soft: #4d5651; --line: #d5d9d2; --paper: #ffffff; --ground: #f3f4f0; --brand: #0b6b4f; --stop: #9c2018; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 44rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 .75rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .75rem; }
h3 { font-size: 1.0625rem; margin: 1rem 0 .5rem; }
p { margin: 0 0 .75rem; }
a { color: var(--brand); }
section, .card { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin: 0 0 1rem; }
.brand { display: flex; align-items: center; gap: .5rem; margin: 0; color: var(--soft); font-size: .9375rem; }
.brand img { display: block; }
.lead { font-size: 1.1875rem; }
.soft { color: var(--soft); font-size: .9375rem; }
.skip { display: inline-block; padding: .5rem 0; }
dl { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .5rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; font-weight: 600; }
code { font: .9375em/1.4 ui-monospace, Menlo, Consolas, monospace; }
ul, ol { margin: 0 0 .75rem; padding-left: 1.25rem; }
li { margin: 0 0 .375rem; }
.mail { border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; margin: 0 0 .75rem; }
.mail-head { padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
.mail-head p { margin: 0; }
.mail iframe { display: block; width: 100%; height: 32rem; border: 0; background: #fff; }
details { margin: 0 0 .75rem; }
summary { cursor: pointer; padding: .625rem 0; color: var(--brand); font-weight: 600; }
pre { margin: 0; padding: 1rem; background: var(--ground); border-radius: .5rem; white-space: pre-wrap; font: .9375rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
blockquote { margin: .25rem 0 0; padding: 0 0 0 .75rem; border-left: 3px solid var(--line); white-space: pre-wrap; }
label { display: block; font-weight: 600; margin: 0 0 .25rem; }
textarea { display: block; width: 100%; min-height: 6rem; padding: .625rem .75rem; font: inherit; color: inherit; background: #fff; border: 1px solid #6d756f; border-radius: .5rem; }
textarea[aria-invalid="true"] { border: 2px solid var(--stop); }
.hint { color: var(--soft); font-size: .9375rem; margin: 0 0 .375rem; }
.field-error { color: var(--stop); font-weight: 600; margin: 0 0 .375rem; }
.error-summary { border: 3px solid var(--stop); }
.error-summary h2, .error-summary a { color: var(--stop); }
.notice { border-left: .375rem solid var(--brand); }
.buttons { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.25rem 0 0; }
button { flex: 1 1 9rem; min-height: 3.25rem; padding: .75rem 1.5rem; font: inherit; font-weight: 700; border-radius: .5rem; cursor: pointer; }
.approve { background: var(--brand); color: #fff; border: 2px solid var(--brand); }
.reject { background: #fff; color: var(--stop); border: 2px solid var(--stop); }
:focus-visible { outline: 3px solid #1a4fd0; outline-offset: 3px; border-radius: .25rem; }
@media (max-width: 22rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .5rem; } section, .card { padding: 1rem; } }
`.trim();
