import assert from 'node:assert/strict';
import { gridLayout, gridMove, pictureSize } from '../../../webview-ui/panels/patches/gridLayout';

describe('grid of units', () => {
  it('fills any width with whole cards', () => {
    for (const width of [310, 460, 620, 860, 1180, 1760]) {
      for (const size of [24, 56, 120, 192]) {
        for (const top of [1, 2, 5, 9, 50]) {
          const { columns, cardWidth, side, across, down } = gridLayout(width, size, top, true);
          assert.ok(columns * cardWidth + (columns - 1) * 20 <= width, `${width} ${size} ${top}: too wide`);
          assert.ok(across * down >= top && across * (down - 1) < top, 'every patch has a cell, and no row is empty');
          assert.ok(side <= size * 2 && side >= 8);
          if (columns > 1) assert.ok(side >= size, 'patches shrink only where not even one card fits');
        }
      }
    }
    assert.equal(gridLayout(860, 56, 9, true).across, 3);
  });

  it('asks for pictures in a few sizes', () => {
    assert.equal(pictureSize(56, 1), 64);
    assert.equal(pictureSize(57, 2), 128);
    assert.equal(pictureSize(192, 3), 384);
  });

  it('moves by rows and columns and stops at the ends', () => {
    const move = (at: number, key: string, wide = false): number | null => gridMove(at, 10, 4, 2, key, wide);
    assert.equal(move(5, 'ArrowDown'), 9);
    assert.equal(move(7, 'ArrowDown'), 7, 'there is no card below');
    assert.equal(move(1, 'ArrowUp'), 1);
    assert.equal(move(9, 'ArrowRight'), 9);
    assert.equal(move(5, 'Home'), 4);
    assert.equal(move(5, 'End'), 7);
    assert.equal(move(5, 'End', true), 9);
    assert.equal(move(1, 'PageDown'), 9);
    assert.equal(move(1, 'a'), null);
  });
});
