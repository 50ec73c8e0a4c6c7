import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../settings/package-root';
import { readStackFile, type StackFile } from '../../settings/settings';
import { freePort } from '../../workers/binaries/free-port';
import { defaultPorts, type PortName, portVariable } from '../../workers/stack/ports';
import { temporaryFolder } from './temporary-folder';

export interface StackRun {
  code: number | null;
  out: string;
  err: string;
}

/** A data folder of its own with free ports, and the built stack program run on it as a person would run it. */
export class LocalStack {
  private readonly home = temporaryFolder('stack');
  private readonly foreground = new Set<ChildProcess>();
  env: NodeJS.ProcessEnv = {};

  /** @param account whom to run as, instead of ourselves; only root may say so */
  constructor(private readonly account?: { uid: number; gid: number }) {
    if (account) chownSync(this.home.path, account.uid, account.gid);
  }

  get dataDir(): string {
    return join(this.home.path, 'data');
  }

  /** Environment with a workspace, this data folder, and a free port for each part. */
  async prepare(extra: NodeJS.ProcessEnv = {}): Promise<this> {
    const ports: NodeJS.ProcessEnv = {};
    for (const name of Object.keys(defaultPorts) as PortName[]) ports[portVariable(name)] = String(await freePort());
    const { TEMPORAL_ADDRESS: _t, DATABASE_URL: _d, SMTP_URL: _s, VOLANTE_GATEWAY_URL: _g, ...inherited } = process.env;
    this.env = {
      ...inherited,
      ...ports,
      VOLANTE_DATA_DIR: this.dataDir,
      VOLANTE_WORKSPACE: packageRoot(),
      NO_COLOR: '1',
      ...extra,
    };
    return this;
  }

  get file(): StackFile | undefined {
    return readStackFile(this.dataDir);
  }

  /** Starts the program and leaves it running. */
  start(...words: string[]): ChildProcess {
    const child = spawn(process.execPath, [stackProgram(), ...words], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.account,
    });
    this.foreground.add(child);
    child.once('exit', () => this.foreground.delete(child));
    return child;
  }

  /** Runs the program to its end. */
  async run(...words: string[]): Promise<StackRun> {
    const child = this.start(...words);
    const result: StackRun = { code: null, out: '', err: '' };
    child.stdout?.on('data', (chunk: Buffer) => {
      result.out += chunk.toString('utf8');
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      result.err += chunk.toString('utf8');
    });
    result.code = await new Promise((resolve) => child.once('close', (code) => resolve(code)));
    return result;
  }

  /** Stops whatever runs on the folder and removes it. */
  async dispose(): Promise<void> {
    for (const child of this.foreground) child.kill('SIGKILL');
    await this.run('down');
    this.home.remove();
  }
}

function stackProgram(): string {
  const program = join(packageRoot(), 'dist', 'workers', 'stack', 'main.js');
  if (!existsSync(program)) throw new Error(`${program} is not there: run \`npm run build\` first`);
  return program;
}
