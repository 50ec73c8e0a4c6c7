import { type Language, translator } from '../i18n/catalogue';
import { formatCount, formatMoney } from '../i18n/format';
import type { TableView } from './report-view';
import type { ProgramReport } from './run-report';

/** What a loyalty program owes its members, and what became of the points. */
export function programView(program: ProgramReport, language: Language): TableView {
  const say = translator(language);
  const { active, pending, pointValue, spent, expired, reversed } = program;
  const places = [
    [say('report.program.active'), active.points, active.worth],
    [say('report.program.pending'), pending.points, pending.worth],
    [say('report.program.spent'), spent],
    [say('report.program.expired'), expired],
    [say('report.program.reversed'), reversed],
  ] as const;
  const owed = { ...pointValue, micros: active.worth.micros + pending.worth.micros };
  return {
    title: say('report.program'),
    lines: [
      say('report.program.owed', {
        amount: formatMoney(language, owed),
        members: program.members,
        value: formatMoney(language, pointValue),
      }),
    ],
    table: {
      head: [say('report.program.place'), say('report.program.points'), say('report.program.worth')],
      rows: places.map(([place, points, worth]) => [
        place,
        formatCount(language, points),
        worth ? formatMoney(language, worth) : '',
      ]),
    },
  };
}
