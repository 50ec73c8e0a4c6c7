/** Postfix' `smtp-sink`: accepts mail as fast as it comes and throws it away. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { eventually } from '../tests/support/eventually';
import { freePort } from '../workers/binaries/free-port';

const places = ['/usr/sbin/smtp-sink', '/usr/libexec/postfix/smtp-sink', '/usr/lib/postfix/sbin/smtp-sink'];

export interface SinkProgram {
  port: number;
  stop(): void;
}

/** @throws Error that says what to install, where it is missing and cannot be installed */
export async function startSmtpSink(): Promise<SinkProgram> {
  const program = places.find(existsSync) ?? install();
  const port = await freePort();
  const child: ChildProcess = spawn(program, ['-u', 'postfix', `127.0.0.1:${port}`, '500'], { stdio: 'ignore' });
  await eventually(() => answers(port), { what: 'smtp-sink listens' });
  return { port, stop: () => void child.kill() };
}

function install(): string {
  process.stderr.write('installing postfix for its smtp-sink\n');
  if (process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postfix'], { env, stdio: 'ignore' });
  }
  const found = places.find(existsSync);
  if (!found) throw new Error('smtp-sink is missing: install Postfix (Debian: apt-get install postfix)');
  return found;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
