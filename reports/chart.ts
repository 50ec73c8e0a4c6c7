/** Bar charts as SVG that stands in a page by itself: no script, no style sheet of its own, colours of the page around it. */
import { init } from 'echarts';
import { oneLine } from './one-line';
import type { Bars } from './report-view';

export interface ChartOptions {
  /** Unique in the page. */
  id: string;
  /** What a screen reader says after the title. */
  description: string;
  /** `across`: one bar a line, for few named points; `along`: bars side by side, for points in time. */
  direction: 'across' | 'along';
}

const width = 720;
const lineHeight = 30;
const columnHeight = 220;
/** Enough contrast (over 3:1) on white and on near-black. */
const barColor = '#1c8a63';
const ink = 'currentColor';
const mostLabelLength = 34;

/** The same points give the same bytes. */
export function barChart({ title, points }: Bars, options: ChartOptions): string {
  const across = options.direction === 'across';
  const height = across ? points.length * lineHeight + 10 : columnHeight;
  const labels = {
    type: 'category' as const,
    data: points.map(({ label }) => shortened(label)),
    axisLabel: { color: ink, fontSize: 13, hideOverlap: true },
    axisTick: { show: false },
    axisLine: { show: !across, lineStyle: { color: ink } },
  };
  const values = {
    type: 'value' as const,
    minInterval: 1,
    axisLabel: { show: !across, color: ink, fontSize: 13 },
    splitLine: { show: !across, lineStyle: { color: ink, opacity: 0.15 } },
  };
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    grid: across
      ? { left: 12 + labelWidth(labels.data), right: 150, top: 5, bottom: 5 }
      : { left: 70, right: 30, top: 15, bottom: 30 },
    xAxis: across ? values : labels,
    yAxis: across ? { ...labels, inverse: true } : values,
    series: [
      {
        type: 'bar',
        silent: true,
        barMaxWidth: across ? 20 : 40,
        data: points.map(({ value }) => value),
        itemStyle: { color: barColor },
        label: {
          show: across,
          position: 'right',
          color: ink,
          fontSize: 13,
          formatter: ({ dataIndex }: { dataIndex: number }) => points[dataIndex]?.shown ?? '',
        },
      },
    ],
  });
  const drawn = chart.renderToSVGString();
  chart.dispose();
  return standalone(drawn, { title, height, ...options });
}

/** Takes out what the library numbers anew each time and what only a mouse needs; puts in what a screen reader reads. */
function standalone(drawn: string, chart: ChartOptions & { title: string; height: number }): string {
  const { id, title, description, height } = chart;
  const content = drawn
    .slice(drawn.indexOf('>') + 1, drawn.lastIndexOf('</svg>'))
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|ecmeta_[a-z_]+|pointer-events)="[^"]*"/g, '')
    .trim();
  const head = `<title id="${id}-title">${escaped(title)}</title><desc id="${id}-desc">${escaped(description)}</desc>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">${head}${content}</svg>`;
}

function labelWidth(labels: readonly string[]): number {
  return Math.max(...labels.map((label) => label.length)) * 7.5;
}

function shortened(label: string): string {
  const letters = [...oneLine(label)];
  return letters.length > mostLabelLength ? `${letters.slice(0, mostLabelLength - 1).join('')}…` : letters.join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
