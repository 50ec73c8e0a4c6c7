import { readFileSync } from 'node:fs';
import { VolanteError } from '../../errors/volante-error';
import { freePort, isFree } from '../binaries/free-port';
import type { StackFolder } from './stack-folder';

/** Where each part listens when nobody says otherwise and the port is free. */
export const defaultPorts = {
  temporal: 7233,
  temporalUi: 8233,
  database: 5433,
  smtp: 1025,
  mailbox: 1080,
  gateway: 8787,
  workerMetrics: 9464,
};

export type PortName = keyof typeof defaultPorts;
export type Ports = Record<PortName, number>;

/** Environment variable that fixes a port: `VOLANTE_PORT_TEMPORAL_UI`. */
export function portVariable(name: PortName): string {
  return `VOLANTE_PORT_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * A port for each part: the one that was asked for, which must be free; else the one of last time or the default, if
 * free; else any. The choice is remembered, so that links in mails stay good over restarts.
 */
export async function choosePorts(folder: StackFolder, env: NodeJS.ProcessEnv = process.env): Promise<Ports> {
  const before = readPorts(folder.portsFile);
  const ports: Ports = { ...defaultPorts };
  const taken = new Set<number>();
  for (const name of Object.keys(defaultPorts) as PortName[]) {
    const asked = askedPort(name, env);
    if (asked !== undefined && !(await isFree(asked))) {
      throw new VolanteError('VOL-503', {
        message: `port ${asked}, which ${portVariable(name)} asks for, is taken`,
        fix: `choose another, or unset ${portVariable(name)} and a free one is found`,
      });
    }
    ports[name] = asked ?? (await firstFree([before[name], defaultPorts[name]], taken));
    taken.add(ports[name]);
  }
  folder.replace(folder.portsFile, JSON.stringify(ports));
  return ports;
}

async function firstFree(candidates: (number | undefined)[], taken: Set<number>): Promise<number> {
  for (const port of candidates) if (port !== undefined && !taken.has(port) && (await isFree(port))) return port;
  for (;;) {
    const port = await freePort();
    if (!taken.has(port)) return port;
  }
}

function askedPort(name: PortName, env: NodeJS.ProcessEnv): number | undefined {
  const text = env[portVariable(name)];
  if (!text) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new VolanteError('VOL-102', { message: `${portVariable(name)} is \`${text}\`, not a port number` });
}

function readPorts(file: string): Partial<Ports> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
