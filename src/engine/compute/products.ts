import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as ort from 'onnxruntime-node';

/** ONNX Runtime's matrix product is the fastest at hand: 200 to 300 GFLOP/s a core (facts in docs/decisions/0010). */

interface Op {
  op: string;
  inputs: string[];
  output: string;
  attributes: Record<string, number>;
}

const productGraph: Op[] = [{ op: 'Gemm', inputs: ['a', 'b'], output: 'c', attributes: { transB: 1 } }];

/** Products of float32 matrices. Sessions are small, and opening one takes longer than a small product: they are kept. */
export class Products {
  private static readonly kept = new Map<number, Promise<Products>>();

  private constructor(private readonly session: ort.InferenceSession) {}

  static async open(threads: number): Promise<Products> {
    let products = Products.kept.get(threads);
    if (!products) {
      const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 4 as const };
      products = ort.InferenceSession.create(encode(productGraph, ['a', 'b'], ['c']), options).then((session) => new Products(session));
      Products.kept.set(threads, products);
      products.catch(() => Products.kept.delete(threads));
    }
    return await products;
  }

  /** @param a [m, width] @param b [n, width] @returns the inner products of their rows, [m, n] */
  async inner(a: Float32Array, b: Float32Array, width: number): Promise<Float32Array> {
    const { c } = await this.session.run({
      a: new ort.Tensor('float32', a, [a.length / width, width]),
      b: new ort.Tensor('float32', b, [b.length / width, width]),
    });
    return c!.data as Float32Array;
  }
}

/** A ModelProto of opset 13 with float32 values of any shape. Field numbers of onnx.proto3. */
function encode(ops: Op[], inputs: string[], outputs: string[]): Uint8Array {
  const w = new BinaryWriter();
  const within = (no: number, write: () => void): void => {
    w.tag(no, WireType.LengthDelimited).fork();
    write();
    w.join();
  };
  const text = (no: number, value: string): unknown => w.tag(no, WireType.LengthDelimited).string(value);
  const float32 = (name: string): void => {
    text(1, name);
    within(2, () => within(1, () => w.tag(1, WireType.Varint).int32(1)));
  };
  w.tag(1, WireType.Varint).int32(8); // ir_version
  within(8, () => w.tag(2, WireType.Varint).int64(13)); // opset_import
  within(7, () => {
    for (const { op, inputs: from, output, attributes } of ops)
      within(1, () => {
        for (const name of from) text(1, name);
        text(2, output);
        text(4, op);
        for (const [name, value] of Object.entries(attributes))
          within(5, () => {
            text(1, name);
            w.tag(3, WireType.Varint).int64(value);
            w.tag(20, WireType.Varint).int32(2);
          });
      });
    text(2, 'products');
    for (const name of inputs) within(11, () => float32(name));
    for (const name of outputs) within(12, () => float32(name));
  });
  return w.finish();
}
