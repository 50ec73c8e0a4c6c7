import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts a guard that ends process `pid` when this process ends without having done so itself, even by SIGKILL: the
 * guard's input closes with us. Call the returned function once the process has ended.
 */
export function endWithUs(pid: number): () => void {
  const guard: ChildProcess = spawn('sh', ['-c', `read line || kill -INT ${pid} 2>/dev/null`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return () => guard.stdin?.end('done\n');
}
