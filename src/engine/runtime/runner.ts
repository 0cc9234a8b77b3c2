import { dirname } from 'node:path';
import * as ort from 'onnxruntime-node';
import { UnitscopeError } from '../../protocol/errors';
import { toTensorData } from '../dataset/tensorData';
import type { OnnxModel } from '../model/graph';
import { readModel } from '../model/onnx';
import { instrument } from './instrument';
import type { Job, Question } from './job';
import { activationProbe, mapProbe, nonZeroProbe, positionProbe, rawProbe, scoreProbe, unitInput, type Probe } from './probes';

// ONNX Runtime's Node binding cannot take a Float16Array, which newer Node and VS Code have; without the type half floats are Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');

/** A session that answers one question about one model. */
export interface Runner {
  /** Names of the probe's outputs, in its order. */
  readonly outputs: readonly string[];
  /**
   * @param pixels preprocessed images, [count, ...input] row-major; `count` is at most the job's batch
   * @param unit for questions about one unit
   */
  run(pixels: Float32Array, count: number, unit?: number): Promise<Record<string, ort.Tensor>>;
  release(): Promise<void>;
}

const executionProviders: Record<Job['device'], string> = {
  cpu: 'cpu',
  webgpu: 'webgpu',
  cuda: 'cuda',
  dml: 'dml',
  coreml: 'coreml',
};

function probeFor(question: Question, { opsets, graph }: OnnxModel): Probe {
  const opset = opsets.get('') ?? 7;
  switch (question.kind) {
    case 'scores':
      return scoreProbe(question.taps, opset, graph.nodes);
    case 'positions':
      return positionProbe(question.taps, opset, graph.nodes);
    case 'nonZeros':
      return nonZeroProbe(question.taps, opset);
    case 'map':
      return mapProbe(question.tap, opset);
    case 'activations':
      return activationProbe(question.taps, opset);
    case 'raw':
      return rawProbe(question.values);
  }
}

/**
 * Opens a session on the part of the model that the question needs.
 * One thread: throughput comes from worker processes. The memory arena stays on: with it off, freed blocks go back to the
 * system after every operator and page faults double the run time (docs/decisions/0004-memory-arena.md).
 * @throws model.failed with ONNX Runtime's reason
 */
export async function openRunner(job: Job, question: Question): Promise<Runner> {
  const model = readModel(job.model);
  const probe = probeFor(question, model);
  const bytes = instrument(model, probe);
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: [executionProviders[job.device]],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4, // what goes wrong is thrown, and told from there
      extra: { session: { model_external_initializers_file_folder_path: dirname(job.model) } },
    });
  } catch (error) {
    throw runtimeError(job, error);
  }
  const [height, width] = job.inputSize;
  const { channels, layout, dtype, name } = job.input;
  const plane = layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  const size = channels * height * width;

  return {
    outputs: probe.outputs,
    async run(pixels, count, unit) {
      const rows = job.input.batch ?? count;
      let data = pixels.subarray(0, count * size);
      if (count < rows) {
        data = new Float32Array(rows * size);
        data.set(pixels.subarray(0, count * size));
      }
      const feeds: Record<string, ort.Tensor> = {
        [name]: new ort.Tensor(dtype, toTensorData(data, dtype) as Float32Array, [rows, ...plane]),
      };
      if (unit !== undefined) feeds[unitInput] = new ort.Tensor('int64', BigInt64Array.of(BigInt(unit)), [1]);
      try {
        return await session.run(feeds);
      } catch (error) {
        throw runtimeError(job, error);
      }
    },
    release: () => session.release(),
  };
}

function runtimeError(job: Job, error: unknown): UnitscopeError {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text.replace(/\s+/g, ' ').slice(0, 400);
  return new UnitscopeError('model.failed', `ONNX Runtime cannot run ${job.model}: ${reason}`, { cause: error });
}
