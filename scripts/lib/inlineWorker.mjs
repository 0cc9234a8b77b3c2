import { build } from 'esbuild';
import { dirname, resolve } from 'node:path';

/** `import source from './some?worker'` gives the bundled script of some.ts as text: a page may load no second script. */
export const inlineWorker = {
  name: 'inline-worker',
  setup({ onResolve, onLoad, initialOptions: { minify, target } }) {
    onResolve({ filter: /\?worker$/ }, ({ path, importer }) => ({
      path: `${resolve(dirname(importer), path.replace(/\?worker$/, ''))}.ts`,
      namespace: 'worker',
    }));
    onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path }) => {
      const { outputFiles, metafile } = await build({ entryPoints: [path], bundle: true, write: false, format: 'iife', minify, target, metafile: true });
      return { contents: outputFiles[0].text, loader: 'text', watchFiles: Object.keys(metafile.inputs).map((input) => resolve(input)) };
    });
  },
};
