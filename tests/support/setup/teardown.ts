import { stopServers } from './shared-servers';

export default async function tearDown(): Promise<void> {
  await stopServers();
}
