// What a person does in VS Code's window, as methods. Where VS Code drops input now and then (the palette closes when a webview
// had the focus; a file opened early gets the text editor), a method repeats it until the result is on the screen.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { expect, type FrameLocator, type Locator, type Page, test } from '@playwright/test';
import { themes, type ThemeName } from '../../host/settings.mjs';

const patient = { timeout: 60_000, intervals: [200, 500, 1000] };
const workbenchClass: Record<ThemeName, RegExp> = {
  'dark-modern': /\bvs-dark\b/,
  'light-modern': /\bvs(\s|$)/,
  'dark-hc': /\bhc-black\b/,
  'light-hc': /\bhc-light\b/,
};

export class Workbench {
  constructor(
    readonly page: Page,
    /** The folder that is open: this test's own copy. */
    readonly folder: string,
  ) {}

  /** Opens a file of the workspace in its custom editor (or the text editor) and waits until its webview (or text) is there. */
  async openFile(name: string, { editor = 'custom' }: { editor?: 'custom' | 'text' } = {}): Promise<void> {
    const path = isAbsolute(name) ? name : join(this.folder, name);
    const label = basename(path);
    const text = this.page.locator('.editor-group-container', { has: this.page.locator('.tab.active', { hasText: label }) }).locator('.monaco-editor, .monaco-editor-pane-placeholder'); // the second for binary files
    await expect(async () => {
      await this.openQuickInput('Control+P');
      await this.quickInput.locator('input').first().fill(path, { timeout: 3000 });
      await this.quickInputRow(label).click({ timeout: 5000 });
      const opened = await Promise.race([
        text.first().waitFor({ timeout: 20_000 }).then(() => 'text'),
        this.webview({ tab: label }, 20_000).then(() => 'custom'),
      ]);
      if (opened === editor) return;
      await this.closeTab(label);
      throw new Error(`${label} opened in the ${opened} editor`);
    }).toPass(patient);
  }

  /**
   * The content of a webview: of the active editor, of the editor whose tab has this label (it is brought to the front), or of a
   * view in a side bar or the panel, by its title. Await it, then use it like a page; it follows the webview's reloads.
   */
  async webview(where: { tab?: string | RegExp; view?: string | RegExp } = {}, timeout = 60_000): Promise<FrameLocator> {
    if (where.tab !== undefined) {
      const tab = this.tab(where.tab);
      await tab.waitFor({ timeout });
      if (!/\bactive\b/.test((await tab.getAttribute('class')) ?? '')) await tab.click();
    }
    const name = await this.page.waitForFunction(webviewIn, where, { timeout, polling: 100 });
    return this.page.frameLocator(`iframe.webview[name="${String(await name.jsonValue())}"]`).frameLocator('iframe#active-frame');
  }

  /** Runs a command by its full title, such as `Unitscope: Show Top Patches`. */
  async runCommand(title: string): Promise<void> {
    await expect(async () => {
      await this.openQuickInput('F1');
      await this.quickInput.locator('input').first().fill(`>${title}`, { timeout: 3000 });
      await this.quickInputRow(title).click({ timeout: 5000 });
    }).toPass(patient);
  }

  /** The quick input (palette, quick pick, input box) on the screen. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Chooses a row of the quick pick on the screen by its label. */
  async pick(label: string | RegExp): Promise<void> {
    await this.quickInputRow(label).click({ timeout: 30_000 });
  }

  /** Types into the quick input on the screen and accepts. */
  async answer(text: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    await input.fill(text, { timeout: 30_000 });
    await input.press('Enter');
  }

  /** Chooses a folder in VS Code's own dialog on the screen. */
  async answerFolder(folder: string, button: string): Promise<void> {
    const input = await this.typePath(folder);
    await input.press('Enter'); // goes into the folder
    await expect(input).toHaveValue(`${folder}/`);
    await expect(async () => {
      const accept = this.quickInput.getByRole('button', { name: button });
      if (await accept.isVisible()) await accept.click({ timeout: 3000 });
      await expect(accept).toBeHidden({ timeout: 2000 }); // another question may follow
    }).toPass(patient);
  }

  /** Chooses a file that is there in VS Code's own dialog on the screen. */
  async answerOpen(path: string): Promise<void> {
    const input = await this.typePath(path);
    await input.press('Enter');
    await expect.poll(async () => (await input.count()) > 0 && (await input.inputValue({ timeout: 1000 }).catch(() => '')) === path).toBe(false);
  }

  /** The dialog looks at the disk as one types: it has to be waited for. */
  private async typePath(path: string): Promise<Locator> {
    const input = this.quickInput.locator('input').first();
    await expect(input).toHaveValue(/\//, { timeout: 30_000 });
    await expect(async () => {
      await input.fill(path.slice(0, -2));
      await this.page.waitForTimeout(300);
      await input.pressSequentially(path.slice(-2), { delay: 100 });
      await expect(this.quickInput.locator('.monaco-list-row.focused .label-name')).toHaveText(basename(path), { timeout: 3000 });
    }).toPass(patient);
    return input;
  }

  /** Names a file in VS Code's own dialog on the screen, once it has filled in its proposal. */
  async answerFile(path: string, proposal: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    await expect(input).toHaveValue(new RegExp(`/${proposal}$`), { timeout: 30_000 });
    await input.fill(path);
    await this.page.waitForTimeout(500); // the dialog looks at the disk as one types
    await input.press('Enter');
    await expect(this.quickInput).toBeHidden();
  }

  /** A notification toast by its text; its buttons are `notification(…).getByRole('button', { name })`. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text });
  }

  /** The modal dialog on the screen. */
  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** An entry of the status bar by its text. */
  statusBar(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  /** An editor's tab by its label. */
  tab(label: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: label }).first();
  }

  async closeTab(label: string | RegExp): Promise<void> {
    await this.tab(label).click({ button: 'middle', timeout: 5000 });
  }

  /** A row of any tree on the screen (explorer, layer tree) by its text. */
  treeItem(text: string | RegExp): Locator {
    return this.page.locator('.pane-body .monaco-list-row').filter({ hasText: text });
  }

  /** Right-clicks and returns the menu: `(await vscode.contextMenu(row)).choose('Visualize Layer')`. */
  async contextMenu(target: Locator, options: { position?: { x: number; y: number } } = {}): Promise<ContextMenu> {
    await expect(async () => {
      await target.click({ button: 'right', timeout: 10_000, ...options });
      await expect(this.page.locator('.context-view .monaco-menu')).toBeVisible({ timeout: 3000 });
    }).toPass(patient);
    return new ContextMenu(this.page.locator('.context-view .monaco-menu'));
  }

  async setTheme(theme: ThemeName): Promise<void> {
    this.setSettings({ 'workbench.colorTheme': themes[theme] });
    await expect(this.page.locator('.monaco-workbench')).toHaveClass(workbenchClass[theme], { timeout: 30_000 });
  }

  /** Writes the workspace's settings, each call anew; VS Code in a browser watches these, but not the user's. */
  setSettings(settings: Record<string, unknown>): void {
    mkdirSync(join(this.folder, '.vscode'), { recursive: true });
    writeFileSync(join(this.folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  }

  /** A picture of the window in test-results/screens, attached to the report. */
  async screenshot(name: string): Promise<void> {
    const path = `test-results/screens/${name}.png`;
    await this.page.screenshot({ path });
    await test.info().attach(name, { path, contentType: 'image/png' });
  }

  private async openQuickInput(key: string): Promise<void> {
    await this.page.evaluate(() => {
      if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.blur();
    });
    await this.page.keyboard.press(key);
    await expect(this.quickInput).toBeVisible({ timeout: 3000 });
  }

  private quickInputRow(label: string | RegExp): Locator {
    const exact = typeof label === 'string' ? new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) : label;
    return this.quickInput.locator('.monaco-list-row').filter({ has: this.page.locator('.label-name').filter({ hasText: exact }) }).first();
  }
}

export class ContextMenu {
  constructor(readonly menu: Locator) {}

  item(label: string | RegExp): Locator {
    return this.menu.getByRole('menuitem', { name: label, ...(typeof label === 'string' ? { exact: true } : {}) });
  }

  async labels(): Promise<string[]> {
    return (await this.menu.locator('.action-label').allInnerTexts()).filter((label) => label.trim() !== '');
  }

  async choose(label: string | RegExp): Promise<void> {
    await expect(async () => {
      if (await this.menu.isVisible()) await this.item(label).click({ timeout: 3000 }); // a menu that has just opened ignores clicks
      await expect(this.menu).toBeHidden({ timeout: 1000 });
    }).toPass(patient);
  }
}

/**
 * Runs in the window: the name of the webview's outer frame. VS Code lays these frames over the window and keeps no link to the editor or
 * view they belong to, so they are matched by place.
 */
function webviewIn({ tab, view }: { tab?: string | RegExp; view?: string | RegExp }): string | undefined {
  const matches = (element: Element | null, label: string | RegExp): boolean => {
    const text = element?.textContent.trim() ?? '';
    return typeof label === 'string' ? text === label || text.includes(label) : label.test(text);
  };
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];
  const place =
    view !== undefined
      ? all('.pane').find((pane) => matches(pane.querySelector('.pane-header .title'), view))?.querySelector('.pane-body')
      : all('.editor-group-container')
          .find((group) => (tab === undefined ? group.classList.contains('active') : matches(group.querySelector('.tab.active'), tab)))
          ?.querySelector('.editor-container');
  if (!place) return undefined;
  const box = place.getBoundingClientRect();
  return all('iframe.webview.ready')
    .filter((frame) => frame.checkVisibility({ visibilityProperty: true }))
    .find((frame) => {
      const { left, top, width, height } = frame.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      return width > 0 && x > box.left && x < box.right && y > box.top && y < box.bottom;
    })
    ?.getAttribute('name') ?? undefined;
}
