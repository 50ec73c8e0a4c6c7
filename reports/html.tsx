import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import { type Language, translate } from '../i18n/catalogue';
import { barChart } from './chart';
import { htmlStyle } from './html-style';
import type { MeasuredReport } from './measured-report';
import { type MeasuredSection, viewMeasured } from './measured-view';
import { type Bars, type ReportView, type StepView, type Table, type TableView, viewReport } from './report-view';
import type { RunReport } from './run-report';

/** The report as one HTML file that needs nothing else: no script, no font, no image from anywhere. */
export function renderReportHtml(report: RunReport, language: Language, measured?: MeasuredReport): string {
  const sections = measured ? viewMeasured(measured, { language, timeZone: report.timeZone }) : [];
  return `<!doctype html>\n${render(<Document view={viewReport(report, language)} measured={sections} />)}\n`;
}

function Document({ view, measured }: { view: ReportView; measured: MeasuredSection[] }): VNode {
  const {
    language,
    title,
    phase,
    alerts,
    facts,
    steps,
    promotions,
    money,
    program,
    decisions,
    timeline,
    audit,
    headings,
  } = view;
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: htmlStyle }} />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          <p class="phase">{phase}</p>
          {alerts.length > 0 && (
            <section class="alert" role="alert">
              {alerts.map((alert) => (
                <p key={alert}>{alert}</p>
              ))}
            </section>
          )}
          <section>
            <h2>{headings.summary}</h2>
            <Labelled values={facts} />
          </section>
          {steps.map((step, index) => (
            <Step key={step.title} step={step} language={language} headings={headings} id={`step-${index + 1}`} />
          ))}
          {measured.map(({ title: heading, notes, table }) => (
            <section key={heading}>
              <h2>{heading}</h2>
              {notes.map((note) => (
                <p key={note}>{note}</p>
              ))}
              <Numbers table={table} />
            </section>
          ))}
          {[promotions, money, program].map((part) => part && <TablePart key={part.title} part={part} />)}
          <section>
            <h2>{headings.decisions}</h2>
            {decisions.length === 0 ? <p>{headings.none}</p> : <Decisions decisions={decisions} />}
          </section>
          <section>
            <h2>{headings.timeline}</h2>
            <Numbers table={{ head: [headings.at, headings.what], rows: timeline.map(({ at, what }) => [at, what]) }} />
          </section>
          {audit !== undefined && <p class="soft">{audit}</p>}
        </main>
      </body>
    </html>
  );
}

function TablePart({ part: { title, lines, table } }: { part: TableView }): VNode {
  return (
    <section>
      <h2>{title}</h2>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <Numbers table={table} numeric />
    </section>
  );
}

interface StepProps {
  step: StepView;
  language: Language;
  headings: ReportView['headings'];
  id: string;
}

function Step({ step, language, headings, id }: StepProps): VNode {
  const { title, isBalanced, balance, books, rates, arms, refusals, overTime, zones } = step;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class={isBalanced ? 'good' : 'bad'}>{balance}</p>
      <Chart bars={books} id={`${id}-books`} direction="across" language={language} />
      <Numbers table={books.table} caption={books.title} numeric />
      <h3>{headings.rates}</h3>
      <Labelled values={rates} />
      <h3>{headings.arms}</h3>
      <Numbers table={arms} numeric />
      {refusals && (
        <>
          <h3>{headings.refusals}</h3>
          <Numbers table={refusals} numeric />
        </>
      )}
      {overTime && (
        <>
          <h3>{overTime.title}</h3>
          <Chart bars={overTime} id={`${id}-time`} direction="along" language={language} />
          <Folded table={overTime.table} title={headings.numbers} />
        </>
      )}
      {zones.points.length > 0 && (
        <>
          <h3>{zones.title}</h3>
          <Chart bars={zones} id={`${id}-zones`} direction="across" language={language} />
          <Folded table={zones.table} title={headings.numbers} />
        </>
      )}
    </section>
  );
}

interface ChartProps {
  bars: Bars;
  id: string;
  direction: 'across' | 'along';
  language: Language;
}

const mostSpokenPoints = 12;

function Chart({ bars, id, direction, language }: ChartProps): VNode {
  const spoken = bars.points.slice(0, mostSpokenPoints).map(({ label, shown }) => `${label} ${shown}`);
  const points = [...spoken, ...(bars.points.length > mostSpokenPoints ? ['…'] : [])].join('; ');
  const description = translate(language, 'report.chart.description', { points });
  return <figure dangerouslySetInnerHTML={{ __html: barChart(bars, { id, direction, description }) }} />;
}

function Folded({ table, title }: { table: Table; title: string }): VNode {
  return (
    <details>
      <summary>{title}</summary>
      <Numbers table={table} numeric />
    </details>
  );
}

/** @param numeric all columns but the first hold numbers */
function Numbers({ table, caption, numeric }: { table: Table; caption?: string; numeric?: boolean }): VNode {
  const kind = (column: number) => (numeric && column > 0 ? 'number' : undefined);
  return (
    <table>
      {caption && <caption>{caption}</caption>}
      <thead>
        <tr>
          {table.head.map((word, column) => (
            <th key={word} scope="col" class={kind(column)}>
              {word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row) => (
          <tr key={row.join()}>
            {row.map((cell, column) => (
              <td key={`${table.head[column]}`} class={kind(column)}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Labelled({ values }: { values: { label: string; value: string }[] }): VNode {
  return (
    <dl>
      {values.map(({ label, value }) => (
        <>
          <dt key={label}>{label}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}

function Decisions({ decisions }: Pick<ReportView, 'decisions'>): VNode {
  return (
    <ol class="plain">
      {decisions.map(({ line, via, note }) => (
        <li key={line}>
          {line} <span class="soft">({via})</span>
          {note !== undefined && <blockquote>{note}</blockquote>}
        </li>
      ))}
    </ol>
  );
}
