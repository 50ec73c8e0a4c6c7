#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('error VOL-001  Volante is not built yet\n  = fix: npm install && npm run build');
  process.exitCode = 1;
}
