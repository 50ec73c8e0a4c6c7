/** A page that people must not edit, ending with one line break. */
export function page(title: string, lines: readonly string[]): string {
  return `${[`# ${title}`, '', '<!-- Made by `npm run reference`. Do not edit. -->', '', ...lines].join('\n').trimEnd()}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Inline code, whatever is in it. */
export function code(text: string): string {
  if (!text.includes('`')) return `\`${text}\``;
  return `\`\` ${text} \`\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}
