import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { RangedFile } from '../io/rangedFile';
import type { OnnxGraph, OnnxModel, OnnxNode } from '../model/graph';
import { valuesRead } from '../model/order';
import { fields, type ByteRange } from '../model/protobuf';
import type { Probe, ProbeNode } from './probes';

/** Field numbers of onnx.proto3. */
const model = { graph: 7 } as const;
const graph = { node: 1, name: 2, initializer: 5, input: 11, output: 12, valueInfo: 13, sparseInitializer: 15 } as const;
const attributeType = { int: 2, ints: 7 } as const;
const int64 = 7;

type Piece = ByteRange | Uint8Array;

/**
 * The part of a model that a probe needs, with the probe's nodes added and its outputs in place of the model's own.
 *
 * The result is spliced from byte ranges of the file: nodes that nothing tapped depends on are left out with their
 * weights, and what stays is copied as it is, never decoded and encoded again. So a probe of an early layer costs neither
 * the memory nor the time of the later ones, and an operator that ONNX Runtime does not know only fails what depends on it.
 *
 * @returns a serialised ModelProto
 */
export function instrument(source: OnnxModel, probe: Probe): Uint8Array {
  const kept = neededNodes(source.graph, probe.taps);
  const values = new Set(probe.taps);
  for (const node of kept) for (const name of valuesRead(node)) values.add(name);

  const dropped = new Set<number>();
  const drop = (range: ByteRange): void => void dropped.add(range.start);
  for (const node of source.graph.nodes) if (!kept.has(node)) drop(node.range);
  for (const [name, tensor] of source.graph.initializers) if (!values.has(name)) drop(tensor.range);
  for (const [name, tensor] of source.graph.sparseInitializers) if (!values.has(name)) drop(tensor.range);
  for (const input of source.graph.inputs) if (!values.has(input.name)) drop(input.range);
  for (const output of source.graph.outputs) drop(output.range);
  const made = new Set([...kept].flatMap((node) => node.outputs));
  for (const [name, info] of source.graph.valueInfos) if (!made.has(name)) drop(info.range);

  const file = RangedFile.open(source.path);
  try {
    const { start, end } = source.graph.payload;
    const pieces: Piece[] = [];
    for (const { range } of fields(file, start, end)) if (!dropped.has(range.start)) extend(pieces, range);
    pieces.push(encodeProbe(probe));

    const header = new BinaryWriter().tag(model.graph, WireType.LengthDelimited).uint32(lengthOf(pieces)).finish();
    const whole: Piece[] = [];
    for (const { no, range } of fields(file, 0, source.size)) if (no !== model.graph) extend(whole, range);
    return join(file, [...whole, header, ...pieces]);
  } finally {
    file.close();
  }
}

/** Nodes that the values depend on. */
function neededNodes(from: OnnxGraph, values: string[]): Set<OnnxNode> {
  const makers = new Map<string, OnnxNode>();
  for (const node of from.nodes) for (const output of node.outputs) if (output !== '') makers.set(output, node);
  const needed = new Set<OnnxNode>();
  const open = [...values];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    open.push(...valuesRead(node));
  }
  return needed;
}

/** Adds a range, joined to the last one where they touch: weights lie side by side and are read in one go. */
function extend(pieces: Piece[], range: ByteRange): void {
  const last = pieces.at(-1);
  if (last && !(last instanceof Uint8Array) && last.end === range.start) last.end = range.end;
  else pieces.push({ ...range });
}

function lengthOf(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.end - piece.start), 0);
}

function join(file: RangedFile, pieces: Piece[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    const part = piece instanceof Uint8Array ? piece : file.read(piece.start, piece.end - piece.start);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encodeProbe(probe: Probe): Uint8Array {
  const writer = new BinaryWriter();
  const message = (no: number, write: (w: BinaryWriter) => void): void => {
    writer.tag(no, WireType.LengthDelimited).fork();
    write(writer);
    writer.join();
  };
  for (const node of probe.nodes) message(graph.node, (w) => writeNode(w, node));
  for (const { name, values } of probe.constants)
    message(graph.initializer, (w) => {
      w.tag(1, WireType.Varint).int64(values.length);
      w.tag(2, WireType.Varint).int32(int64);
      w.tag(7, WireType.LengthDelimited).fork();
      for (const value of values) w.int64(value);
      w.join();
      w.tag(8, WireType.LengthDelimited).string(name);
    });
  for (const name of probe.inputs) message(graph.input, (w) => writeInput(w, name));
  for (const name of probe.outputs) message(graph.output, (w) => w.tag(1, WireType.LengthDelimited).string(name));
  return writer.finish();
}

function writeNode(w: BinaryWriter, { op, inputs, outputs, attributes = {} }: ProbeNode): void {
  for (const name of inputs) w.tag(1, WireType.LengthDelimited).string(name);
  for (const name of outputs) w.tag(2, WireType.LengthDelimited).string(name);
  w.tag(4, WireType.LengthDelimited).string(op);
  for (const [name, value] of Object.entries(attributes)) {
    w.tag(5, WireType.LengthDelimited).fork();
    w.tag(1, WireType.LengthDelimited).string(name);
    if (typeof value === 'number') w.tag(3, WireType.Varint).int64(value);
    else for (const item of value) w.tag(8, WireType.Varint).int64(item);
    w.tag(20, WireType.Varint).int32(typeof value === 'number' ? attributeType.int : attributeType.ints);
    w.join();
  }
}

/** A graph input that is an int64 vector of length one. */
function writeInput(w: BinaryWriter, name: string): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  w.tag(2, WireType.LengthDelimited).fork(); // type
  w.tag(1, WireType.LengthDelimited).fork(); // tensor_type
  w.tag(1, WireType.Varint).int32(int64);
  w.tag(2, WireType.LengthDelimited).fork(); // shape
  w.tag(1, WireType.LengthDelimited).fork(); // dim
  w.tag(1, WireType.Varint).int64(1);
  w.join().join().join().join();
}
