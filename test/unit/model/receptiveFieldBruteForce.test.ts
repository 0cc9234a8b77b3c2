import * as assert from 'node:assert/strict';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Layer, ReceptiveField } from '../../../src/protocol/model';
import { openModel } from '../../../src/engine/model/summary';
import { RandomNet } from './randomNet';
import { temporaryFolder } from './temporary';

const NETS = 40;
const [HEIGHT, WIDTH] = [22, 20];
/** Rounding of strides such as 1/3. */
const SLACK = 1e-6;
/** Pixels between a box and the image's border that make sure that no window on the way lies in padding. */
const MARGIN = 3;

/**
 * Every pixel in turn is made much brighter in a random network run by ONNX Runtime. What changes at a position must lie in
 * the predicted box. Where the prediction is exact, a position in the middle of the image must see its whole box; at the
 * border, windows lie in padding that stands for pixels that nothing sees.
 */
describe('receptive fields of random networks', function () {
  this.timeout(60_000);
  const file = temporaryFolder();

  it(`hold what brightening single pixels of ${NETS} networks shows`, async () => {
    const checked = { exact: 0, filled: 0, 'upper-bound': 0, global: 0 };
    for (let seed = 0; seed < NETS; seed++) {
      const net = new RandomNet(seed, HEIGHT, WIDTH, 2 + (seed % 5));
      const path = net.model.write(file(`net${seed}.onnx`));
      const { summary } = openModel(path);
      const changes = await pixelChanges(path, net);
      for (const layer of summary.layers) {
        const values = changes.get(layer.name);
        if (!values || layer.positionAxes.length !== 2) continue;
        assert.deepEqual(layer.shape.slice(1), values.dims.slice(1), `seed ${seed}, ${layer.name}: shape`);
        const field = layer.receptiveField;
        assert.ok(field, `seed ${seed}, ${layer.name}: no field`);
        checked[field.kind]++;
        if (field.kind === 'global') continue;
        const seen = new Sight(layer, values);
        const where = `seed ${seed}, ${layer.name} [${values.dims.join()}], ${JSON.stringify(field)}`;
        checkBoxes(seen, field, where);
        if (field.kind === 'exact' && checkMiddle(seen, field, where)) checked.filled++;
      }
    }
    assert.ok(checked.filled > 100 && checked['upper-bound'] > 60, `too little was checked: ${JSON.stringify(checked)}`);
    assert.ok(checked.global < 40, `too much was given up as global: ${JSON.stringify(checked)}`);
  });
});

interface Values {
  dims: readonly number[];
  data: Float32Array;
}

/** Runs the dark image and, in the same batch, one image per brightened pixel. */
async function pixelChanges(path: string, net: RandomNet): Promise<Map<string, Values>> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  try {
    const pixels = HEIGHT * WIDTH;
    const images = new Float32Array((pixels + 1) * pixels).fill(1);
    for (let pixel = 0; pixel < pixels; pixel++) images[(pixel + 1) * pixels + pixel] = 1000;
    const results = await session.run({ image: new Tensor('float32', images, [pixels + 1, 1, HEIGHT, WIDTH]) });
    return new Map(net.values.map((name) => [name, { dims: results[name]!.dims, data: results[name]!.data as Float32Array }]));
  } finally {
    await session.release();
  }
}

/** What the positions of a layer see. */
class Sight {
  readonly rows: number;
  readonly columns: number;
  private readonly strides: number[];
  private readonly units: number;

  constructor(
    private readonly layer: Layer,
    private readonly values: Values,
  ) {
    const { dims } = values;
    this.strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
    this.units = dims[layer.unitAxis]!;
    [this.rows, this.columns] = layer.positionAxes.map((axis) => dims[axis]!) as [number, number];
  }

  sees(y: number, x: number, row: number, column: number): boolean {
    const { data } = this.values;
    const [rowAxis, columnAxis] = this.layer.positionAxes as [number, number];
    const position = y * this.strides[rowAxis]! + x * this.strides[columnAxis]!;
    const image = (row * WIDTH + column + 1) * this.strides[0]!;
    for (let unit = 0; unit < this.units; unit++) {
      const at = unit * this.strides[this.layer.unitAxis]! + position;
      if (data[image + at] !== data[at]) return true;
    }
    return false;
  }
}

function checkBoxes(sight: Sight, field: ReceptiveField, where: string): void {
  for (let y = 0; y < sight.rows; y++) {
    for (let x = 0; x < sight.columns; x++) {
      for (let row = 0; row < HEIGHT; row++) {
        for (let column = 0; column < WIDTH; column++) {
          if (within(row, y, 0, field) && within(column, x, 1, field)) continue;
          if (sight.sees(y, x, row, column)) assert.fail(`position ${y},${x} sees pixel ${row},${column} outside its box: ${where}`);
        }
      }
    }
  }
}

/** False when no position has its box well inside the image. */
function checkMiddle(sight: Sight, field: ReceptiveField, where: string): boolean {
  const y = middle(sight.rows, HEIGHT, 0, field);
  const x = middle(sight.columns, WIDTH, 1, field);
  if (y === undefined || x === undefined) return false;
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const inside = within(row, y, 0, field) && within(column, x, 1, field);
      if (inside && !sight.sees(y, x, row, column)) assert.fail(`position ${y},${x} does not see pixel ${row},${column}: ${where}`);
    }
  }
  return true;
}

function middle(positions: number, length: number, axis: 0 | 1, field: ReceptiveField): number | undefined {
  for (let position = 0; position < positions; position++) {
    const start = field.offset[axis] + position * field.stride[axis];
    if (start >= MARGIN && start + field.size[axis] <= length - MARGIN) return position;
  }
  return undefined;
}

function within(pixel: number, position: number, axis: 0 | 1, field: ReceptiveField): boolean {
  const start = field.offset[axis] + position * field.stride[axis];
  return pixel >= start - SLACK && pixel + 1 <= start + field.size[axis] + SLACK;
}
