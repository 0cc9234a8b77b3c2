/** The four themes that panels are drawn in, by the names of VS Code's settings. */
export const themes = {
  'dark-modern': 'Default Dark Modern',
  'light-modern': 'Default Light Modern',
  'dark-hc': 'Default High Contrast',
  'light-hc': 'Default High Contrast Light',
};

/** User settings of a quiet VS Code: no welcome page, no walkthrough, no AI features, no telemetry, no git. */
export function settingsFor({ theme = 'dark-modern', trust = true } = {}) {
  return {
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'workbench.welcomePage.walkthroughs.openOnInstall': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.quickOpen.closeOnFocusLost': false,
    'workbench.colorTheme': themes[theme],
    'window.autoDetectColorScheme': false,
    'window.autoDetectHighContrast': false,
    'chat.disableAIFeatures': true,
    'telemetry.telemetryLevel': 'off',
    'update.mode': 'none',
    'extensions.autoUpdate': false,
    'extensions.autoCheckUpdates': false,
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
    'files.watcherExclude': { '**/node_modules/**': true },
    ...(trust ? {} : { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.untrustedFiles': 'open' }),
  };
}
