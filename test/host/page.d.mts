import type { Page } from '@playwright/test';
import type { Server } from './server.mjs';

export interface OpenOptions {
  folder?: string;
  /** An extension under development, and the module whose `run` holds its Mocha tests. */
  development?: { extension: string; tests?: string };
}

export function openWorkbench(page: Page, server: Server, options?: OpenOptions): Promise<void>;
