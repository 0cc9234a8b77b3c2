import type { ByteSource } from '../io/rangedFile';

const LOOK_AT = 1024;

/**
 * What a file that cannot be an ONNX model is, as the rest of a sentence that starts with its name; null when it may be one.
 * ONNX files have no signature, but start with a protobuf tag, which none of these do.
 */
export function recogniseOther(source: ByteSource): string | null {
  if (source.size === 0) return 'is empty: export or download it again.';
  const head = source.read(0, Math.min(LOOK_AT, source.size));
  const text = Buffer.from(head).toString('latin1');
  if (text.startsWith('version https://git-lfs')) {
    return 'is a Git LFS pointer, not the model itself: run "git lfs pull" in its repository.';
  }
  if (text.startsWith('PK\x03\x04')) return 'is a zip archive (perhaps a PyTorch checkpoint), not an ONNX model: export the model to ONNX.';
  if (text.startsWith('\x89HDF')) return 'is an HDF5 file (perhaps Keras weights), not an ONNX model: export the model to ONNX.';
  if (text.startsWith('GGUF')) return 'is a GGUF file, not an ONNX model.';
  if (text.slice(4, 8) === 'ORTM') return "is in ONNX Runtime's own ORT format: open the .onnx file it was made from.";
  if (/^\s*<(!doctype|html|head|\?xml)/i.test(text)) {
    return 'is a web page, not an ONNX model: download the file itself, not the page that shows it.';
  }
  if (isText(head)) return 'is a text file, not an ONNX model: choose the file that the exporter wrote.';
  return null;
}

function isText(head: Uint8Array): boolean {
  // A real model starts with 0x08 (the tag of ir_version), which no text has.
  return head.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
