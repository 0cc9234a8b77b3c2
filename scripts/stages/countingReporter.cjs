// Mocha's usual report, with the counts in the JSON file UNITSCOPE_REPORT.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(process.env.UNITSCOPE_REPORT, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
