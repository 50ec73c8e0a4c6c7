/**
 * One line of CSV that no spreadsheet takes for a formula: everything quoted, and a quote sign before what could begin
 * one (OWASP, CSV injection).
 */
export function csvLine(fields: readonly string[]): string {
  return `${fields.map((field) => `"${guarded(field).replaceAll('"', '""')}"`).join(',')}\r\n`;
}

function guarded(field: string): string {
  return /^[=+\-@\t\r\0＝＋－＠]/.test(field) ? `'${field}` : field;
}
