import type { VNode } from 'preact';
import type { Reference, ReferenceResult, RsaResult } from '../../../src/protocol/rdm';
import { baseName, formatScore } from '../../shared/format';
import { Button } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { classColour } from './colours';
import type { RdmView } from './view';

/** A reference before there is an answer that names it. */
export function referenceText(reference: Reference): string {
  switch (reference.kind) {
    case 'file':
      return reference.entry ?? baseName(reference.path);
    case 'categories':
      return reference.column ?? 'classes';
    case 'baseline':
      return { pixels: 'pixels', luminance: 'luminance', colour: 'colour' }[reference.baseline];
    case 'model':
      return `${baseName(reference.checkpoint ?? reference.model)}: ${reference.layer}`;
  }
}

/** The references that have values, each with its colour. */
export function goodReferences(result: RsaResult): { reference: ReferenceResult; colour: string }[] {
  return result.references
    .filter(({ problem }) => problem === null)
    .map((reference, at) => ({ reference, colour: classColour(at) }));
}

/** The reference whose curve is bold: the one chosen, or the first. */
export function chosenReference(view: RdmView, result: RsaResult): ReferenceResult | null {
  const good = goodReferences(result).map(({ reference }) => reference);
  return good.find(({ name }) => name === view.reference.value) ?? good[0] ?? null;
}

/** What the layers are compared with. */
export function References({ view, result }: { view: RdmView; result: RsaResult | null }): VNode {
  const { references } = view.settings.value!;
  const chosen = result && chosenReference(view, result);
  const remove = (at: number): void => view.change({ references: references.filter((_, index) => index !== at) });
  const colours = new Map(result ? goodReferences(result).map(({ reference, colour }) => [reference, colour]) : []);
  return (
    <div class="references" role="group" aria-label="References">
      {references.map((reference, from) => {
        const found = result?.references.filter((one) => one.from === from) ?? [];
        const text = referenceText(reference);
        const gone = `Remove ${text}${found.length > 1 ? ` with its ${found.length} RDMs` : ''}`;
        return (
          <span key={JSON.stringify(reference)} class="reference">
            {(found.length > 0 ? found : [null]).map((one) =>
              one === null ? (
                <span key={text} class="reference-name quiet">
                  {text}
                </span>
              ) : one.problem !== null ? (
                <span key={one.name} class="reference-name reference-problem" title={one.problem}>
                  <Icon name="warning" class="warning" />
                  <span>{one.problem.includes(one.name) ? one.problem : `${one.name}: ${one.problem}`}</span>
                </span>
              ) : (
                <button
                  key={one.name}
                  type="button"
                  class="reference-name"
                  aria-pressed={one === chosen}
                  title={`Show ${one.name} bold`}
                  onClick={() => (view.reference.value = one.name)}
                >
                  <span class="reference-mark" style={{ background: colours.get(one) }} />
                  {one.name}
                </button>
              ),
            )}
            <button type="button" class="reference-remove" aria-label={gone} title={gone} onClick={() => remove(from)}>
              <Icon name="close" />
            </button>
          </span>
        );
      })}
      <Button icon="plus" onPress={() => view.act('reference.add', null)}>
        {references.length === 0 ? 'Add a reference…' : 'Add…'}
      </Button>
    </div>
  );
}

/** How similar the references are to each other. */
export function Between({ result }: { result: RsaResult }): VNode | null {
  const good = goodReferences(result);
  if (good.length < 2) return null;
  return (
    <section class="between">
      <h3>References with each other</h3>
      <table>
        <thead>
          <tr>
            <td />
            {good.slice(0, -1).map(({ reference }) => (
              <th key={reference.name} scope="col" title={reference.name}>
                {reference.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {good.slice(1).map(({ reference }, row) => (
            <tr key={reference.name}>
              <th scope="row" title={reference.name}>
                {reference.name}
              </th>
              {good.slice(0, -1).map((other, column) => (
                <td key={other.reference.name}>
                  {column <= row ? formatScore(result.between[(row + 1) * good.length + column]!) : ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
