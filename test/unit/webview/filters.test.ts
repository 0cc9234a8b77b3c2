import assert from 'node:assert/strict';
import type { TensorSlice } from '../../../src/protocol/checkpoint';
import type { GaborFit } from '../../../src/protocol/graph';
import { filterFacts, filterPlaces, orderFilters, ordersOf } from '../../../webview-ui/panels/model/weights/filterOrder';
import { weightsOf } from '../../../webview-ui/panels/model/weights/weights';

describe('Filters of a convolution', () => {
  it('norm, and the share of energy that is not grey', () => {
    const values = Float32Array.of(1, 1, 1, /* grey */ 3, 0, 0, /* red */ 1, -1, 0, /* opponent */ 0, 0, 0);
    const facts = filterFacts({ shape: [4, 3, 1, 1], values, range: [-1, 3] }, 8);
    assert.deepEqual(facts.map(({ unit }) => unit), [8, 9, 10, 11]);
    const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`);
    facts.forEach(({ norm }, at) => close(norm, [Math.sqrt(3), 3, Math.sqrt(2), 0][at]!));
    facts.forEach(({ colour }, at) => close(colour, [0, 2 / 3, 1, 0][at]!));
  });

  it('are numbered on through slices of any length', () => {
    const slice = (units: number): TensorSlice => ({ shape: [units, 1, 1, 1], values: new Float32Array(units), range: [0, 0] });
    const slices = [slice(167), slice(167), slice(2)];
    const places = filterPlaces(slices);
    assert.deepEqual(places.map(({ facts }) => facts.unit), Array.from({ length: 336 }, (_, unit) => unit));
    assert.deepEqual([places[166], places[167], places[335]].map((one) => [slices.indexOf(one!.slice), one!.place]), [[0, 166], [1, 0], [2, 1]]);
  });

  it('are ordered by what is asked; those without stripes come last', () => {
    const filters = [0, 1, 2, 3].map((unit) => ({ unit, norm: [2, 5, 1, 5][unit]!, colour: unit / 4 }));
    const fit = (unit: number, orientation: number, frequency: number, r2: number, striped: boolean): [number, GaborFit] => [unit, { unit, orientation, frequency, phase: 0, centre: [0, 0], sigma: [1, 1], r2, striped }];
    const fits = new Map([fit(0, 170, 0.1, 0.9, true), fit(1, 20, 0.3, 0.8, true), fit(2, 5, 0.2, 0.95, false)]);
    const units = (order: Parameters<typeof orderFilters>[1]): number[] => orderFilters(filters, order, fits).map(({ unit }) => unit);
    assert.deepEqual(units('unit'), [0, 1, 2, 3]);
    assert.deepEqual(units('norm'), [1, 3, 0, 2]);
    assert.deepEqual(units('colour'), [3, 2, 1, 0]);
    assert.deepEqual(units('orientation'), [1, 0, 2, 3]);
    assert.deepEqual(units('frequency'), [0, 1, 2, 3]);
    assert.deepEqual(units('r2'), [2, 0, 1, 3]);
  });

  it('filters with weights that are no number come last, whatever stands where', () => {
    const filters = [3, NaN, 5, NaN, 4].map((norm, unit) => ({ unit, norm, colour: norm / 5 }));
    for (const order of ['norm', 'colour'] as const) assert.deepEqual(orderFilters(filters, order, new Map()).map(({ unit }) => unit), [2, 4, 0, 1, 3]);
  });

  it('colour is an order of 2 to 4 channels, and fits are where there are some', () => {
    assert.deepEqual([1, 2, 4, 5].map((channels) => ordersOf(channels, false)), [['unit', 'norm'], ['unit', 'norm', 'colour'], ['unit', 'norm', 'colour'], ['unit', 'norm']]);
    assert.deepEqual(ordersOf(3, true), ['unit', 'norm', 'colour', 'orientation', 'frequency', 'r2']);
  });

  it('tensors know the node and layer that take them, and which are filters', () => {
    const cost = { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 };
    const columns = { names: ['w', 'b', 'loose'], dtypes: ['float32', 'string'], dtype: Int32Array.of(0, 0, 1), ranks: Int32Array.of(4, 1, 1), dims: Float64Array.of(8, 3, 7, 7, 8, 2), bytes: Float64Array.of(4704, 32, 0), views: [], problems: [[2, 'it holds texts']] as [number, string][] };
    const value = (name: string): { name: string; dtype: string; shape: number[]; kind: 'initializer'; tensor: string } => ({ name, dtype: 'float32', shape: [], kind: 'initializer', tensor: name });
    const found = weightsOf(columns, {
      bodies: [],
      values: [{ ...value('x'), kind: 'input', tensor: null }, value('w'), value('b')],
      scopes: [{ body: 0, path: ['stem'], parent: -1, nodes: 1, cost, repeats: null }],
      nodes: [{ body: 0, scope: 0, name: '', label: 'conv · Conv', op: 'Conv', domain: '', kind: 'convolution', inputs: [0, 1, 2, -1], outputs: [], bodies: [], layer: 'y', cost }],
      total: cost,
      assumed: [],
    });
    assert.deepEqual(found.map(({ name, shape, layer, node, filters, problem }) => [name, shape, layer, node, filters, problem]), [
      ['w', [8, 3, 7, 7], 'y', 'stem.conv', true, undefined],
      ['b', [8], 'y', 'stem.conv', false, undefined],
      ['loose', [2], null, '', false, 'it holds texts'],
    ]);
  });

  it('a quantized convolution takes its filters as its fourth input', () => {
    const cost = { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 };
    const names = ['x_scale', 'x_zero', 'w', 'w_scale'];
    const columns = { names, dtypes: ['int8'], dtype: new Int32Array(4), ranks: Int32Array.of(0, 4, 4, 0), dims: Float64Array.of(8, 3, 7, 7, 8, 3, 7, 7), bytes: new Float64Array(4), views: [], problems: [] };
    const found = weightsOf(columns, {
      bodies: [],
      values: ['x', ...names].map((name, at) => ({ name, dtype: 'int8', shape: [], kind: at === 0 ? 'input' : 'initializer', tensor: at === 0 ? null : name })),
      scopes: [],
      nodes: [{ body: 0, scope: 0, name: '', label: 'conv · QLinearConv', op: 'QLinearConv', domain: '', kind: 'convolution', inputs: [0, 1, 2, 3, 4], outputs: [], bodies: [], layer: 'y', cost }],
      total: cost,
      assumed: [],
    });
    assert.deepEqual(found.filter(({ filters }) => filters).map(({ name }) => name), ['w']);
  });
});
