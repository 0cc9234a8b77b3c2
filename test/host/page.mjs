/**
 * Opens VS Code's workbench in a Playwright page and waits until it has read its extensions (a file opened before gets the text editor).
 * `development` puts extensions under development, and for Mocha the tests' entry, into the page's configuration before it loads.
 * @param {import('playwright-core').Page} page
 */
export async function openWorkbench(page, server, { folder, development } = {}) {
  if (development) await page.addInitScript(patchConfiguration, developmentOptions(server, development));
  await page.goto(server.url(folder), { timeout: 60_000 });
  await page.waitForFunction(() => performance.getEntriesByName('code/didLoadExtensions').length > 0, undefined, { timeout: 90_000 });
  await page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 60_000 });
}

function developmentOptions(server, { extension, tests }) {
  const uri = (path) => ({ scheme: 'vscode-remote', authority: `127.0.0.1:${server.port}`, path });
  return { extensions: [uri(extension)], ...(tests ? { extensionTestsPath: uri(tests) } : {}) };
}

/** Runs in the page, before its own scripts: built VS Code takes these options from nowhere else. */
function patchConfiguration(options) {
  if (window !== window.top) return;
  const patch = () => {
    const meta = document.getElementById('vscode-workbench-web-configuration');
    if (!meta) return false;
    const configuration = JSON.parse(meta.getAttribute('data-settings'));
    configuration.developmentOptions = { ...configuration.developmentOptions, ...options };
    meta.setAttribute('data-settings', JSON.stringify(configuration));
    return true;
  };
  if (patch()) return;
  new MutationObserver((_, observer) => {
    if (patch()) observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}
