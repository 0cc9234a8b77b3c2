import * as path from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import { RangedFile } from '../io/rangedFile';
import { functionKey, standardDomain, type OnnxFunction, type OnnxGraph, type OnnxModel } from './graph';
import { readAttribute, readGraph, readNode, type ReadContext } from './graphReader';
import { recogniseOther } from './otherFormats';
import { fields, malformed, readMapEntry, type Field } from './protobuf';

/** Nodes, values, tensors and attributes together; a model of 100,000 nodes has about 1.5 million. Bounds memory. */
const MOST_PARTS = 5_000_000;

/**
 * Reads the graph of an ONNX file, but not its weights (field numbers: onnx/onnx.proto).
 * Throws `model.unreadable` with a sentence that names the file, what is wrong with it and what to do.
 */
export function readModel(file: string): OnnxModel {
  const source = RangedFile.open(file);
  try {
    return readFrom(source, file);
  } finally {
    source.close();
  }
}

/** `readModel` over a file that is already open, and stays open. */
export function readFrom(source: RangedFile, file: string): OnnxModel {
  const other = recogniseOther(source);
  if (other !== null) throw new UnitscopeError('model.unreadable', `${source.name} ${other}`);

  const context: ReadContext = { source, folder: path.dirname(file), partsLeft: MOST_PARTS };
  const model: Omit<OnnxModel, 'graph'> = {
    path: file,
    size: source.size,
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    domain: '',
    docString: '',
    opsets: new Map(),
    metadata: new Map(),
    functions: new Map(),
  };
  let graph: OnnxGraph | undefined;
  for (const field of fields(source, 0, source.size)) {
    switch (field.no) {
      case 1: model.irVersion = field.int(); break;
      case 2: model.producerName = field.string(); break;
      case 3: model.producerVersion = field.string(); break;
      case 4: model.domain = field.string(); break;
      case 6: model.docString = field.string(); break;
      // Protobuf merges a message that occurs twice; ranges stay those of the first.
      case 7: graph = readGraph(field, context, graph); break;
      case 8: readOpset(field, model.opsets); break;
      case 14: readMapEntry(field, model.metadata); break;
      case 25: readFunction(field, context, model.functions); break;
    }
  }
  if (graph === undefined || model.irVersion === 0) {
    throw malformed(source, source.size, graph === undefined ? 'it ends without a graph' : 'it ends without a format version');
  }
  checkNames(graph, source.name);
  return { ...model, graph };
}

/** Every value is made once; the rest of the engine relies on it to follow values back and forth. */
function checkNames(graph: OnnxGraph, file: string): void {
  const made = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (made.has(name)) {
        throw new UnitscopeError('model.unreadable', `${file} is damaged: two nodes make the value "${name}"; export it again.`);
      }
      if (name !== '') made.add(name);
    }
  }
}

function readOpset(field: Field, opsets: Map<string, number>): void {
  let domain = '';
  let version = 0;
  for (const part of field.fields()) {
    if (part.no === 1) domain = part.string();
    else if (part.no === 2) version = part.int();
  }
  opsets.set(standardDomain(domain), version);
}

function readFunction(field: Field, context: ReadContext, functions: Map<string, OnnxFunction>): void {
  const result: OnnxFunction = { name: '', domain: '', overload: '', docString: '', inputs: [], outputs: [], defaults: new Map(), nodes: [], opsets: new Map() };
  for (const part of field.fields()) {
    switch (part.no) {
      case 1: result.name = part.string(); break;
      case 4: result.inputs.push(part.string()); break;
      case 5: result.outputs.push(part.string()); break;
      case 7: result.nodes.push(readNode(part, context, result.nodes.length)); break;
      case 8: result.docString = part.string(); break;
      case 9: readOpset(part, result.opsets); break;
      case 10: result.domain = part.string(); break;
      case 11: {
        const [name, value] = readAttribute(part, context);
        result.defaults.set(name, value);
        break;
      }
      case 13: result.overload = part.string(); break;
    }
  }
  functions.set(functionKey(result.domain, result.name, result.overload), result);
}
