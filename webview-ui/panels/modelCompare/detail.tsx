import type { VNode } from 'preact';
import type { NodeDifference } from '../../../src/protocol/graph';
import { IconButton, LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { changeIcons } from './changeMark';
import { NodeFacts, NodeFactsOnDemand } from './nodeFacts';
import { changeLabels, formatPercent, type PairRow } from './rows';
import type { ModelCompareView } from './view';
import './pairDetail.css';

const titles: Record<NodeDifference['what'], string> = { operator: 'Operator', attribute: 'Attributes', inputs: 'Inputs', outputs: 'Outputs', shape: 'Shapes', weights: 'Weights' };

/** One pair: what it is on either side, and all that differs. */
export function PairDetail({ view, row }: { view: ModelCompareView; row: PairRow }): VNode {
  const groups = (Object.keys(titles) as NodeDifference['what'][]).flatMap((what) => {
    const differences = row.differences.filter((one) => one.what === what);
    return differences.length > 0 ? [{ what, differences }] : [];
  });
  return (
    <aside class="pair-detail" aria-label="Differences">
      <header>
        <h2 class={`node-${row.change}`}>
          <Icon name={changeIcons[row.change]} /> {changeLabels[row.change]}
        </h2>
        <IconButton icon="close" label="Close" onPress={() => (view.selected.value = null)} />
      </header>
      <dl class="pair-sides">
        {row.sides.map((side, of) => (
          <div key={of}>
            <dt>{view.files.value?.names[of]}</dt>
            <dd>
              {side ? (
                <>
                  <LinkButton title="Open the model here" onPress={() => view.open(of as 0 | 1, side.layer)}>
                    {[side.group, side.name].filter(Boolean).join('.')}
                  </LinkButton>
                  <br />
                  <span class="quiet">
                    {side.op}
                    {side.shape !== '' && ` · ${side.shape}`}
                  </span>
                </>
              ) : (
                <span class="quiet">nothing here</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {row.change === 'equal' && <p class="quiet">Operator, attributes, inputs, shapes and weights are the same.</p>}
      {row.change !== 'changed' && <Alone view={view} row={row} />}
      {groups.map(({ what, differences }) => (
        <section key={what}>
          <h3>{titles[what]}</h3>
          {what === 'weights' ? <WeightChanges differences={differences} /> : <Texts differences={differences} named={what === 'attribute' || what === 'shape' || what === 'inputs' || what === 'outputs'} />}
        </section>
      ))}
      {row.change === 'changed' &&
        row.nodes.map((node, of) => node !== null && <NodeFactsOnDemand key={`${row.pair} ${of}`} title={`All of it in ${view.files.value?.names[of] ?? 'the model'}`} view={view} file={of as 0 | 1} node={node} />)}
    </aside>
  );
}

/** What there is to say of a node that only one has, or that is the same in both: of it in the first that has it. */
function Alone({ view, row: { pair, nodes } }: { view: ModelCompareView; row: PairRow }): VNode | null {
  const file = nodes[0] === null ? 1 : 0;
  const node = nodes[file];
  return node === null ? null : <NodeFacts key={pair} view={view} file={file} node={node} />;
}

function Texts({ differences, named }: { differences: NodeDifference[]; named: boolean }): VNode {
  return (
    <table class="pair-texts">
      <tbody>
        {differences.map(({ name, before, after }, at) => (
          <tr key={at}>
            {named && <th scope="row">{name}</th>}
            <td class="before">{before || <span class="quiet">not set</span>}</td>
            <td class="after">{after || <span class="quiet">not set</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function WeightChanges({ differences }: { differences: NodeDifference[] }): VNode {
  const reshaped = differences.filter(({ relative }) => relative === undefined);
  const compared = differences.filter(({ relative }) => relative !== undefined);
  return (
    <>
      {reshaped.length > 0 && <Texts differences={reshaped} named />}
      {compared.length > 0 && (
        <table class="pair-texts">
          <thead>
            <tr>
              <th scope="col">Tensor</th>
              <th scope="col" title="||W' − W|| / ||W||">
                Relative change
              </th>
              <th scope="col" title="Of the angle between W and W'">
                Cosine
              </th>
            </tr>
          </thead>
          <tbody>
            {compared.map(({ name, before, after, relative, cosine, problem }, at) => (
              <tr key={at}>
                <th scope="row" title={before === after ? before : `${before}\n${after}`}>
                  {name}
                </th>
                {typeof relative === 'number' ? <td>{formatPercent(relative)}</td> : <td class="quiet">{problem ?? 'not defined'}</td>}
                <td>{typeof cosine === 'number' ? cosine.toFixed(4) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
