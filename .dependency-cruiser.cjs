// The layers of docs/architecture.md as rules. `npm run lint` applies them; test/layers proves that they bite.
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { path: from }, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'Cycles hide what depends on what.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', comment: 'Nothing imports this file: delete it.', severity: 'error',
      from: { orphan: true, path: '^(src|webview-ui)/', pathNot: ['/main\\.tsx?$', '\\.d\\.ts$', '^src/extension\\.ts$'] }, to: {} },
    rule('protocol-is-the-bottom', 'protocol/ imports nothing of ours.', '^src/protocol/', { path: '^(src|webview-ui)/', pathNot: '^src/protocol/' }),
    rule('rpc-sees-protocol-only', 'rpc/ carries messages; it knows protocol/ and nothing else of ours.', '^src/rpc/', { path: '^(src|webview-ui)/', pathNot: '^src/(rpc|protocol)/' }),
    rule('numerics-is-pure', 'engine/numerics imports nothing.', '^src/engine/numerics/', { pathNot: '^src/engine/numerics/' }),
    rule('engine-is-pure', 'engine/ is a library: it sees protocol/ and itself.', '^src/engine/', { path: '^(src|webview-ui)/', pathNot: '^src/(engine|protocol)/' }),
    rule('analyses-are-islands', 'An analysis never imports another one.', '^src/engine/analyses/([^/]+)/', { path: '^src/engine/analyses/', pathNot: '^src/engine/analyses/$1/' }),
    rule('core-knows-no-analysis', 'Only engine.ts, the facade, knows the analyses.', '^src/engine/(?!analyses/|engine\\.ts)', { path: '^src/engine/analyses/' }),
    rule('embeddings-above-study', 'engine/embeddings stands on study, compute and store, which do not know it.', '^src/engine/(io|model|numerics|dataset|checkpoint|runtime|store|compute|study)/', { path: '^src/engine/embeddings/' }),
    rule('host-never-imports-engine', 'The extension host talks to the engine through rpc/ only.', '^src/(host|providers|commands|extension\\.ts)', { path: '^src/(engine|engineProcess|workerProcess|cli)' }),
    rule('faces-do-not-mix', 'engineProcess, workerProcess and cli see engine, rpc and protocol, not the extension.', '^src/(engineProcess|workerProcess|cli)/', { path: '^(src/(host|providers|commands|extension)|webview-ui)' }),
    rule('vscode-in-the-extension-only', 'Only the extension may import vscode.', '^src/(protocol|rpc|engine|engineProcess|workerProcess|cli)/|^webview-ui/', { path: '(^vscode$|node_modules/@types/vscode/)' }),
    rule('webview-sees-protocol-and-rpc', 'Webviews see protocol/ and rpc/.', '^webview-ui/', { path: '^src/', pathNot: '^src/(protocol|rpc)/' }),
    rule('toolkit-behind-ui', 'Only webview-ui/ui imports the UI toolkit.', '^webview-ui/(?!ui/)', { path: '@vscode/webview-ui-toolkit' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'browser', 'default', 'types'] },
  },
};
