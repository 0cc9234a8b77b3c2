import assert from 'node:assert/strict';
import { cardPlace, type Rect } from '../../../webview-ui/views/graph/cardPlace';
import { seeded } from '../../fixtures/random';

/** A card of so much text: the narrower, the higher. */
const card = (width: number, area: number) => (maxWidth: number): [number, number] => {
  const wide = Math.min(width, maxWidth);
  return [wide, Math.ceil(area / wide)];
};

describe('place of the hover card', () => {
  it('stays in the window and never lies over what is pointed at', () => {
    const random = seeded(7);
    let shown = 0;
    for (let trial = 0; trial < 3000; trial++) {
      const window = [180 + 1100 * random(), 120 + 700 * random()] as const;
      const about: Rect = [random() * window[0] - 60, random() * window[1] - 30, 20 + 300 * random(), 14 + 60 * random()];
      const measure = card(120 + 260 * random(), 12_000 + 40_000 * random());
      const place = cardPlace(window, about, measure);
      if (!place) continue;
      shown++;
      const width = measure(place.maxWidth)[0];
      const { left, top, maxHeight } = place;
      assert.ok(left >= 8 && top >= 8 && left + width <= window[0] - 8 && top + maxHeight <= window[1] - 8, `in the window: ${JSON.stringify({ window, about, place, width })}`);
      const apart = left >= about[0] + about[2] || left + width <= about[0] || top >= about[1] + about[3] || top + maxHeight <= about[1];
      assert.ok(apart, `beside it: ${JSON.stringify({ window, about, place, width })}`);
    }
    assert.ok(shown > 2900, `${shown} of 3000 are shown`);
  });

  it('goes to the right where there is room, else below, and is no larger than a third of a window allows', () => {
    assert.deepEqual(cardPlace([1000, 600], [100, 100, 150, 44], card(300, 36_000)), { left: 258, top: 100, maxWidth: 380, maxHeight: 120 });
    assert.deepEqual(cardPlace([420, 480], [80, 74, 300, 34], card(370, 37_000)), { left: 42, top: 116, maxWidth: 380, maxHeight: 100 });
    assert.equal(cardPlace([420, 480], [-50, -50, 600, 600], card(300, 30_000)), null);
  });
});
