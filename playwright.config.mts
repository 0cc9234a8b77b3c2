import { defineConfig } from '@playwright/test';
import { findChromium, flags } from './test/host/browser.mjs';

const executablePath = findChromium();

export default defineConfig({
  testMatch: '**/*.test.mts',
  outputDir: 'test-results/playwright',
  timeout: 180_000, // a loaded machine with two cores
  expect: { timeout: 20_000, toHaveScreenshot: { maxDiffPixelRatio: 0.01, threshold: 0.2, animations: 'disabled' } },
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  workers: 2,
  fullyParallel: true,
  reporter: [['list'], ['json', { outputFile: process.env.UNITSCOPE_REPORT ?? 'test-results/playwright.json' }]],
  snapshotPathTemplate: '{testDir}/screens/{arg}{ext}',
  use: {
    viewport: { width: 1280, height: 800 },
    launchOptions: { args: flags, ...(executablePath ? { executablePath } : {}) },
    screenshot: 'only-on-failure',
    trace: { mode: 'retain-on-failure', snapshots: false }, // snapshots of VS Code's window cost a third of the run's time
  },
  projects: ['e2e', 'visual', 'package'].map((name) => ({ name, testDir: `test/${name}` })),
});
