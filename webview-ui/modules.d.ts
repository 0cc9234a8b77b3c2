declare module '*.css';
/** The script of a web worker, bundled, as text (`scripts/lib/inlineWorker.mjs`). */
declare module '*?worker' {
  const source: string;
  export default source;
}
