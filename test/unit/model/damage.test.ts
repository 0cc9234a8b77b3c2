import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openModel } from '../../../src/engine/model/summary';
import { UnitscopeError } from '../../../src/protocol/errors';
import { seeded } from '../../fixtures/random';
import { temporaryFolder } from './temporary';

const fixtures = path.resolve('test/fixtures/models');

/** Damaged files either open or are refused with `model.unreadable` and a sentence; nothing else may be thrown, and nothing may hang. */
describe('damaged models', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  function tryOpen(bytes: Uint8Array, what: string): boolean {
    const target = file('damaged.onnx');
    fs.writeFileSync(target, bytes);
    try {
      openModel(target);
      return true;
    } catch (error) {
      assert.ok(error instanceof UnitscopeError && error.code === 'model.unreadable', `${what}: ${error instanceof Error ? error.stack : String(error)}`);
      assert.match(error.message, /^damaged\.onnx .*\.$/, what);
      return false;
    }
  }

  for (const name of ['residual_torchscript.onnx', 'swin_dynamo.onnx', 'odd_names_ir3.onnx']) {
    const bytes = fs.readFileSync(path.join(fixtures, name));

    it(`${name}, cut off anywhere, is refused`, () => {
      for (let i = 0; i < 30; i++) {
        const length = Math.floor((bytes.length * i) / 30);
        assert.equal(tryOpen(bytes.subarray(0, length), `${name} cut off at ${length}`), false);
      }
    });

    it(`${name}, with bytes changed, is refused or opens`, () => {
      const random = seeded(bytes.length);
      let opened = 0;
      for (let i = 0; i < 80; i++) {
        const changed = Uint8Array.from(bytes);
        for (let flips = 0; flips <= i % 8; flips++) changed[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        if (tryOpen(changed, `${name}, variant ${i}`)) opened++;
      }
      assert.ok(opened > 5 && opened < 80, `${opened} of 80 opened`);
    });
  }
});
