import assert from 'node:assert/strict';
import { heatRange, infernoAt, paintHeat } from '../../../webview-ui/panels/patches/heat';

const map = {
  rows: 2,
  columns: 2,
  values: new Float32Array([0, 4, 0, 0]),
  extent: [0, 0, 4, 4] as [number, number, number, number],
  place: { position: [0, 1] as [number, number], box: [2, 0, 2, 2] as [number, number, number, number] },
};

describe('activation map', () => {
  it('is painted by value: clear where the unit is silent, bright where it fires', () => {
    const pixels = paintHeat(map, [0, 4], 4, 4);
    const at = (x: number, y: number): number[] => [...pixels.subarray((y * 4 + x) * 4, (y * 4 + x) * 4 + 4)];
    assert.deepEqual(at(3, 0), [252, 255, 164, 255], 'beyond the centre of the outermost cell the value goes on');
    assert.equal(at(0, 3)[3], 0);
    const between = at(2, 0)[3]!;
    assert.ok(between > 0 && between < 255, 'between centres it is interpolated');
  });

  it('uses one scale for all stimuli of a unit, and the own range where nothing is above 0', () => {
    assert.deepEqual(heatRange(map.values, 9), [0, 9]);
    assert.deepEqual(heatRange(new Float32Array([-3, -1]), -1), [-3, -1]);
    assert.deepEqual(heatRange(new Float32Array([-2, -2]), -2), [-3, -2]);
  });

  it('has colours that grow lighter all the way', () => {
    const lightness = ([red, green, blue]: number[]): number => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    for (let step = 1; step <= 64; step++)
      assert.ok(lightness(infernoAt(step / 64)) > lightness(infernoAt((step - 1) / 64)));
  });
});
