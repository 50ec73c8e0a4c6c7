import pc from 'picocolors';
import { exitCodes } from '../../../errors/catalogue';
import { loadSettings } from '../../../settings/settings';
import { gatewayFinding, mailboxFinding, smtpFinding } from './address-findings';
import { databaseFindings } from './database-findings';
import type { Finding } from './finding';
import {
  diskFinding,
  gitFinding,
  nodeFinding,
  secretKeyFinding,
  stackFinding,
  temporalBinaryFinding,
  workspaceFinding,
} from './machine-findings';
import { platformFindings } from './platform-findings';
import { temporalFindings } from './temporal-findings';

/** Colour only where somebody looks. */
const colors = pc.createColors(Boolean(process.env.FORCE_COLOR ?? process.stdout.isTTY) && !process.env.NO_COLOR);

/** Looks at everything a run needs; changes nothing. */
export async function examine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const settings = loadSettings(env);
  const found = await Promise.all([
    nodeFinding(),
    gitFinding(env),
    workspaceFinding(settings),
    diskFinding(settings),
    stackFinding(settings),
    secretKeyFinding(settings),
    temporalBinaryFinding(env),
    temporalFindings(settings),
    databaseFindings(settings),
    smtpFinding(settings),
    platformFindings(settings, env),
    mailboxFinding(settings),
    gatewayFinding(settings),
  ]);
  return found.flat();
}

/** @returns exit code: 0 when all is well */
export async function doctor({ env, json }: { env: NodeJS.ProcessEnv; json: boolean }): Promise<number> {
  const findings = await examine(env);
  const ok = findings.every((finding) => finding.ok);
  process.stdout.write(json ? `${JSON.stringify({ ok, findings }, undefined, 2)}\n` : table(findings));
  return ok ? exitCodes.ok : exitCodes.unreachable;
}

/** One line a finding, and under each that is not well, what to do. */
export function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  const lines = findings.flatMap(({ name, ok, detail, fix }) => [
    `${ok ? colors.green('✔') : colors.red('✖')} ${name.padEnd(width)}${detail}`,
    ...(fix === undefined ? [] : [`  ${' '.repeat(width)}${colors.dim('fix:')} ${fix}`]),
  ]);
  const ill = findings.filter(({ ok }) => !ok).length;
  return `${lines.join('\n')}\n${ill === 0 ? 'all well' : `${ill} to fix`}\n`;
}
