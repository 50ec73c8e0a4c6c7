import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import { barChart } from '../reports/chart';
import { htmlStyle } from '../reports/html-style';
import type { CheckpointDecisionReport } from '../reports/measured-report';
import { sentOf } from './expectations';
import type { SimulatedRun, Simulation } from './result';
import {
  courseColumns,
  courseRows,
  customersInWords,
  journeysInWords,
  programInWords,
  weekColumns,
} from './standing-text';
import { countInWords, dayOf, moneyInWords, numbersOf, radiusInWords, shareInWords } from './words';

/** The simulation as one HTML file that needs nothing else: no script, no font, no image from anywhere. */
export function renderSimulationHtml(simulation: Simulation): string {
  return `<!doctype html>\n${render(<Page simulation={simulation} />)}\n`;
}

function Page({ simulation }: { simulation: Simulation }): VNode {
  const { campaign, scenario, runs, expectations, assumptions } = simulation;
  const title = `Simulation: ${campaign.name}`;
  return (
    <html lang="en">
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
          <p class="phase">
            {campaign.id}, scenario {scenario.name}. Nobody was written to.
          </p>
          <p>{scenario.description}</p>
          {expectations.length > 0 && (
            <section>
              <h2>Expected</h2>
              <ul>
                {expectations.map(({ seed, what, met, found }) => (
                  <li key={`${seed}${what}`} class={met ? 'good' : 'bad'}>
                    {met ? '✔' : '✖'} {runs.length > 1 ? `seed ${seed}: ` : ''}
                    {what}
                    {met ? '' : `; found: ${found}`}
                  </li>
                ))}
              </ul>
            </section>
          )}
          {runs.length > 1 && <Runs runs={runs} />}
          {runs.map((run) => (
            <Run key={run.seed} run={run} simulation={simulation} />
          ))}
          <section>
            <h2>Assumed</h2>
            <List lines={assumptions} />
          </section>
        </main>
      </body>
    </html>
  );
}

function Run({ run, simulation }: { run: SimulatedRun; simulation: Simulation }): VNode {
  const say = dayOf(simulation, run.start);
  const id = `seed-${run.seed}`;
  const arms = Object.entries(run.visitors[0]?.arms ?? {});
  return (
    <>
      <section>
        <h2>Seed {run.seed}: blast radius</h2>
        <List lines={radiusInWords(run.blastRadius, say)} />
      </section>
      <section>
        <h2>What happens</h2>
        <Table head={['When', 'What']} rows={run.timeline.map(({ at, what }) => [say(at), what])} />
        <p class="phase">
          Ends {run.ends}
          {run.reason === undefined ? '' : `: ${run.reason}`}
        </p>
      </section>
      <Customers run={run} />
      <Journeys run={run} id={id} />
      <Program run={run} id={id} />
      {run.perDay.some(({ sent }) => sent > 0) && (
        <section>
          <h2>Sent</h2>
          <Chart
            id={`${id}-days`}
            title="Messages by day"
            direction="along"
            points={run.perDay.map(({ day, sent }) => ({ label: `day ${day}`, value: sent }))}
          />
          <Table
            head={['Step', 'Wave', 'Released', 'Arms']}
            rows={run.waves.map(({ step, wave, releasedAt, arms: sends }) => [
              step,
              String(wave),
              say(releasedAt),
              Object.entries(sends)
                .map(([arm, { members, sent }]) => `${arm} ${countInWords(arm === 'holdout' ? members : sent)}`)
                .join(', '),
            ])}
          />
        </section>
      )}
      {arms.length > 0 && (
        <section>
          <h2>Visitors</h2>
          <Chart
            id={`${id}-visitors`}
            title="Visitors who converted, in per mille of those who took part"
            direction="across"
            points={arms.map(([arm, { exposed, converted }]) => ({
              label: arm,
              value: exposed === 0 ? 0 : Math.round((converted / exposed) * 1000),
            }))}
          />
        </section>
      )}
      {run.measured.decisions.length > 0 && (
        <section>
          <h2>Decisions</h2>
          {run.measured.decisions.map((decision) => (
            <Decision key={decision.id} decision={decision} say={say} />
          ))}
        </section>
      )}
      <Money run={run} id={id} />
    </>
  );
}

function Customers({ run: { customers } }: { run: SimulatedRun }): VNode | null {
  if (!customers) return null;
  return (
    <section>
      <h2>What customers do</h2>
      <List lines={customersInWords(customers)} />
    </section>
  );
}

function Journeys({ run: { journeys }, id }: { run: SimulatedRun; id: string }): VNode | null {
  if (!journeys) return null;
  return (
    <section>
      <h2>Journeys</h2>
      <List lines={journeysInWords(journeys)} />
      <Chart
        id={`${id}-journeys`}
        title="Journeys started by week"
        direction="along"
        points={journeys.weeks.map(({ week, started }) => ({ label: `week ${week}`, value: started }))}
      />
      <Table
        head={[...weekColumns]}
        rows={journeys.weeks.map((week) =>
          weekColumns.map((column) => (column === 'week' ? String(week.week) : countInWords(week[column]))),
        )}
      />
    </section>
  );
}

function Program({ run: { program }, id }: { run: SimulatedRun; id: string }): VNode | null {
  if (!program) return null;
  return (
    <section>
      <h2>Program</h2>
      <List lines={programInWords(program)} />
      <Chart
        id={`${id}-program`}
        title="Owed for points, in units of the currency"
        direction="along"
        points={program.course.map(({ day, owed }) => ({
          label: `day ${day}`,
          value: Math.round(owed.micros / 1_000_000),
        }))}
      />
      <Table head={[...courseColumns]} rows={courseRows(program)} />
    </section>
  );
}

function Decision({ decision, say }: { decision: CheckpointDecisionReport; say: (at: string) => string }): VNode {
  const { id, at, state, reason, verdicts, wouldChange, actions, alphaSpent } = decision;
  return (
    <>
      <h3>
        {id}, {say(at)}: {state}
      </h3>
      <p>{reason}</p>
      {verdicts.length > 0 && (
        <Table
          head={['Metric', 'What was found', 'Verdict']}
          rows={verdicts.map((verdict) => [`${verdict.metric} (${verdict.role})`, verdict.reason, numbersOf(verdict)])}
        />
      )}
      {alphaSpent !== undefined && <p class="soft">Alpha spent so far: {shareInWords(alphaSpent)} of its share.</p>}
      <p>
        {actions
          .map(({ action, actor, isOverride }) => `${action}${isOverride ? ` (${actor} decided)` : ''}`)
          .join(', ')}
      </p>
      {wouldChange.length > 0 && (
        <details>
          <summary>What would have changed it</summary>
          <List lines={wouldChange} />
        </details>
      )}
    </>
  );
}

function Money({ run, id }: { run: SimulatedRun; id: string }): VNode {
  const { money, budget, measured } = run;
  const earning = money.arms.filter(({ revenue }) => revenue.length > 0);
  return (
    <section>
      <h2>Money, once everything has come in</h2>
      <p>Sending cost {moneyInWords(money.spent)}.</p>
      {earning.length > 0 && (
        <>
          <Chart
            id={`${id}-money`}
            title="Revenue by arm, in units of its currency"
            direction="across"
            points={earning.map(({ step, arm, revenue }) => ({
              label: `${step} ${arm}`,
              value: Math.round((revenue[0]?.micros ?? 0) / 1_000_000),
            }))}
          />
          <Table
            head={['Step', 'Arm', 'Sent', 'Orders', 'Revenue', 'Given back']}
            rows={money.arms.map(({ step, arm, sent, orders, revenue, refunds }) => [
              step,
              arm,
              countInWords(sent),
              countInWords(orders),
              moneyInWords(revenue),
              moneyInWords(refunds),
            ])}
          />
        </>
      )}
      {budget.length > 0 && (
        <Table
          head={['Budget', 'Planned', 'In the end']}
          rows={budget.map(({ line, from, to }) => [line, moneyInWords([from]), moneyInWords([to])])}
        />
      )}
      {measured.objectives.map(({ id: objective, reached, target, currency }) => {
        const tell = (value: number) =>
          currency === undefined ? countInWords(value) : moneyInWords([{ currency, micros: value }]);
        return (
          <p key={objective} class={reached >= target ? 'good' : 'bad'}>
            {reached >= target ? '✔' : '✖'} Objective {objective}: {tell(reached)} of {tell(target)}
          </p>
        );
      })}
    </section>
  );
}

function Runs({ runs }: { runs: readonly SimulatedRun[] }): VNode {
  return (
    <section>
      <h2>Runs</h2>
      <Table
        head={['Seed', 'Ends', 'Winner', 'Chosen', 'Messages']}
        rows={runs.map((run) => [
          String(run.seed),
          run.ends,
          run.outcomes.map(({ winner }) => winner ?? 'none').join(', '),
          run.outcomes.map(({ chosen }) => chosen ?? 'none').join(', '),
          countInWords(sentOf(run)),
        ])}
      />
    </section>
  );
}

interface ChartProps {
  id: string;
  title: string;
  direction: 'across' | 'along';
  points: { label: string; value: number }[];
}

/** The tables beside it say the same in words. */
function Chart({ id, title, direction, points }: ChartProps): VNode {
  const bars = {
    title,
    points: points.map((point) => ({ ...point, shown: countInWords(point.value) })),
    table: { head: [], rows: [] },
  };
  const svg = barChart(bars, { id, direction, description: 'The table says the same.' });
  return <figure dangerouslySetInnerHTML={{ __html: svg }} />;
}

function List({ lines }: { lines: readonly string[] }): VNode {
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function Table({ head, rows }: { head: string[]; rows: string[][] }): VNode {
  return (
    <table>
      <thead>
        <tr>
          {head.map((word) => (
            <th key={word} scope="col">
              {word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.join('\n')}>
            {row.map((cell, column) => (
              <td key={head[column]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
