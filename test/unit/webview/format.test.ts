import assert from 'node:assert/strict';
import { resampleNames, type PreprocessConfig } from '../../../src/protocol/preprocess';
import {
  baseName,
  describeReceptiveField,
  formatBytes,
  formatDuration,
  formatLabel,
  formatLayerShape,
  formatScore,
  formatShort,
  plural,
  splitLabel,
} from '../../../webview-ui/shared/format';
import { describePreprocess } from '../../../webview-ui/shared/preprocessText';

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

describe('webview texts', () => {
  it('give scores three significant digits', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [12.345, '12.3'],
      [0.5, '0.500'],
      [0.001234, '0.00123'],
      [999.6, '1,000'],
      [123456, '123,456'],
      [4.5e-7, '4.50e-7'],
      [-3.14159, '−3.14'],
      [NaN, 'NaN'],
    ];
    for (const [value, text] of cases) assert.equal(formatScore(value), text);
  });

  it('scale counts, bytes and durations', () => {
    assert.equal(plain(formatShort(11_689_512)), '11.7 M');
    assert.equal(plain(formatShort(999)), '999');
    assert.equal(plain(formatShort(999_960)), '1.00 M');
    assert.equal(plain(formatBytes(46_758_912)), '46.8 MB');
    assert.equal(plain(formatDuration(0.84)), '840 ms');
    assert.equal(plain(formatDuration(5)), '5 s');
    assert.equal(plain(formatDuration(12.4)), '12 s');
    assert.equal(plain(formatDuration(4800)), '1 h 20 min');
    assert.equal(plural(1, 'image'), '1 image');
    assert.equal(plural(2000, 'class', 'classes'), '2,000 classes');
  });

  it('call a free batch N and leave a fixed one', () => {
    assert.equal(formatLayerShape({ shape: ['batch', 64, 55, 55], batched: true }), 'N × 64 × 55 × 55');
    assert.equal(formatLayerShape({ shape: [1, 64, null], batched: true }), '1 × 64 × ?');
    assert.equal(formatLayerShape({ shape: ['windows', 49, 96], batched: false }), 'windows × 49 × 96');
  });

  it('say what a receptive field is', () => {
    const field = { size: [43, 43], stride: [4, 4], offset: [-21, -21] } as const;
    const describe = (kind: 'exact' | 'upper-bound' | 'global'): string => {
      const { size, stride } = describeReceptiveField({ ...structuredClone(field), kind } as never);
      return `${size} ${stride}`.trim();
    };
    assert.equal(describe('exact'), '43 × 43 stride 4');
    assert.equal(describe('upper-bound'), '≤ 43 × 43 stride 4');
    assert.equal(describe('global'), 'whole image');
    assert.equal(describeReceptiveField(null).size, '–');
    const oblong = describeReceptiveField({ size: [3, 7], stride: [1, 2], offset: [0, 0], kind: 'exact' });
    assert.deepEqual([oblong.size, oblong.stride], ['7 × 3', 'stride 2 × 1'], 'width comes first, as for pictures');
  });

  it('take names apart', () => {
    assert.deepEqual(splitLabel({ label: 'conv1 · Conv', op: 'Conv' }), { name: 'conv1', op: 'Conv' });
    assert.deepEqual(splitLabel({ label: 'Add', op: 'Add' }), { name: 'Add', op: '' });
    assert.equal(formatLabel('n01440764_tench'), 'tench');
    assert.equal(formatLabel('n01440764'), 'n01440764');
    assert.equal(baseName('/data/images/'), 'images');
    assert.equal(baseName('C:\\data\\images'), 'images');
  });

  it('put preprocessing into words, with the filters that the protocol numbers', () => {
    const config: PreprocessConfig = {
      do_resize: true,
      size: { shortest_edge: 256 },
      resample: 2,
      do_center_crop: true,
      crop_size: 224,
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: [0.485, 0.456, 0.406],
      image_std: 0.5,
      channel_order: 'RGB',
    };
    const say = (change: Partial<PreprocessConfig>): string => {
      const { geometry, values } = describePreprocess({
        config: { ...config, ...change },
        source: 'guess',
        note: '',
        inputSize: null,
      });
      return plain(`${geometry} | ${values}`);
    };
    assert.equal(
      say({}),
      'Shortest edge 256 (bilinear), centre crop 224 × 224 | RGB, 0 to 1 · mean 0.485, 0.456, 0.406 · std 0.5',
    );
    assert.equal(
      say({
        size: { height: 224, width: 320 },
        do_center_crop: false,
        do_rescale: false,
        image_mean: [104, 117, 123],
        image_std: [1, 1, 1],
        channel_order: 'BGR',
      }),
      'Resize to 320 × 224 (bilinear) | BGR, 0 to 255 · mean 104, 117, 123 · std 1',
    );
    assert.equal(say({ do_resize: false, do_center_crop: false, do_normalize: false }), 'Size as it is | RGB, 0 to 1');
    for (const [resample, name] of resampleNames.entries())
      assert.match(say({ resample }).toLowerCase(), new RegExp(`\\(${name}\\)`));
  });
});
