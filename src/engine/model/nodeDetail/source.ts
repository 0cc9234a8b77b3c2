import type { NodeDetail } from '../../../protocol/graph';

/** More frames than any stack that a person reads. */
const MOST_FRAMES = 100;

/**
 * The lines of Python that made a node, innermost last: from the stack trace that PyTorch's dynamo exporter records in the node's
 * metadata (a traceback), else from the one that its older exporter records in the documentation (innermost first: "FILE(LINE): FUNCTION").
 */
export function sourceLines(metadata: ReadonlyMap<string, string>, docString: string): NodeDetail['source'] {
  const trace = metadata.get('pkg.torch.onnx.stack_trace');
  return (trace !== undefined ? tracebackLines(trace) : legacyLines(docString)).slice(-MOST_FRAMES);
}

function tracebackLines(trace: string): NodeDetail['source'] {
  const lines = trace.split('\n');
  return lines.flatMap((line, i) => {
    const match = /^\s*File "(.+)", line (\d+)(?:, in .*)?$/.exec(line);
    if (!match) return [];
    const next = lines[i + 1] ?? '';
    return [{ file: match[1]!, line: Number(match[2]), text: next.trimStart().startsWith('File "') ? '' : next.trim() }];
  });
}

function legacyLines(text: string): NodeDetail['source'] {
  return text
    .split('\n')
    .flatMap((line) => {
      const match = /^(?:#\s*)?(.+\.pyw?)\((\d+)\): (.*)$/.exec(line.trim());
      return match ? [{ file: match[1]!, line: Number(match[2]), text: `in ${match[3]!}` }] : [];
    })
    .reverse();
}
