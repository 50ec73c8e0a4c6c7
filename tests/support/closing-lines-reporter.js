const { appendFileSync, existsSync, readFileSync, rmSync } = require('node:fs');

/**
 * Says at the end which suites could not run and why, and the result in one line. Under `npm test`, which runs jest
 * more than once, it hands its numbers over instead (VOLANTE_TEST_SUMMARY).
 */
module.exports = class ClosingLinesReporter {
  onRunComplete(_contexts, results) {
    const notRun = this.takeNotRun();
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      notRun,
    };
    if (process.env.VOLANTE_TEST_SUMMARY) {
      appendFileSync(process.env.VOLANTE_TEST_SUMMARY, `${JSON.stringify(summary)}\n`);
      return;
    }
    for (const line of notRun) process.stdout.write(`${line}\n`);
    process.stdout.write(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped\n`);
  }

  takeNotRun() {
    const file = process.env.VOLANTE_NOT_RUN_FILE;
    if (!file || !existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    rmSync(file);
    return [...new Set(lines)];
  }
};
