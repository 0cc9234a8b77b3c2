import { layOutCompound, type CompoundRequest, type CompoundResult } from './compound';

/** What the worker answers. */
export type LayoutAnswer = { result: CompoundResult; milliseconds: number } | { problem: string };

self.onmessage = ({ data }: MessageEvent<CompoundRequest>): void => {
  const start = performance.now();
  let answer: LayoutAnswer;
  try {
    answer = { result: layOutCompound(data), milliseconds: performance.now() - start };
  } catch (thrown) {
    answer = { problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  self.postMessage(answer);
};
