// Writes webview-ui/gallery/themes/*.css: what VS Code gives a webview in each theme. `node test/host/themes.mjs`, after a new VS Code.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { inRoot } from '../../scripts/lib/root.mjs';
import { ensureChromium, flags } from './browser.mjs';
import { ensureServer } from './install.mjs';
import { openWorkbench } from './page.mjs';
import { startServer } from './server.mjs';
import { themes } from './settings.mjs';
import { copyWorkspace } from './workspace.mjs';

const target = inRoot('webview-ui', 'gallery', 'themes');

/** The preview of a Markdown file is a webview like any other. */
async function readTheme(browser, name) {
  const { folder, remove } = copyWorkspace('');
  writeFileSync(join(folder, 'a.md'), '# A webview');
  const server = await startServer({ theme: name, settings: { 'workbench.editorAssociations': { '*.md': 'vscode.markdown.preview.editor' } } });
  const page = await browser.newPage();
  try {
    await openWorkbench(page, server, { folder });
    await page.locator('.monaco-list-row', { hasText: 'a.md' }).dblclick();
    const content = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    await content.locator('h1').waitFor({ timeout: 60_000 });
    return await content.locator('body').evaluate((body) => {
      const style = body.ownerDocument.documentElement.style;
      const names = [...style].filter((property) => /^--(?!markdown-)/.test(property)).sort();
      return {
        bodyClass: body.className.split(' ').filter((part) => part.startsWith('vscode-')).join(' '),
        data: { ...body.dataset },
        variables: names.map((property) => `${property}: ${style.getPropertyValue(property).trim()};`),
        defaults: body.ownerDocument.getElementById('_defaultStyles').textContent,
      };
    });
  } finally {
    await page.close();
    await server.stop();
    remove();
  }
}

function css(name, { bodyClass, data, variables, defaults }) {
  const rules = defaults.replaceAll('\t', '  ').split('\n').map((line) => line.trimEnd()).filter(Boolean);
  const indent = Math.min(...rules.map((line) => line.search(/\S/)));
  const attributes = Object.entries(data).filter(([key]) => key.startsWith('vscodeTheme')).map(([key, value]) => `${key} "${value}"`).join(', ');
  return [
    `/* ${themes[name]}, as a webview sees it; written by test/host/themes.mjs. Body class "${bodyClass}"; data ${attributes}. */`,
    ':root {', ...variables.map((line) => `  ${line}`), '}', '',
    ...rules.map((line) => line.slice(indent)), '',
  ].join('\n');
}

await ensureServer();
const browser = await chromium.launch({ executablePath: await ensureChromium(), args: flags });
try {
  mkdirSync(target, { recursive: true });
  for (const name of Object.keys(themes)) {
    const theme = await readTheme(browser, name);
    writeFileSync(join(target, `${name}.css`), css(name, theme));
    console.log(`${name}: ${theme.variables.length} variables, body class ${theme.bodyClass}`);
  }
} finally {
  await browser.close();
}
