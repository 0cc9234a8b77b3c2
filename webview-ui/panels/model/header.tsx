import type { VNode } from 'preact';
import type { ModelSummary, ValueSummary } from '../../../src/protocol/model';
import { formatBytes, formatCount, formatShape, formatShort, plural } from '../../shared/format';
import { Fact } from '../../views/fact';
import { Name } from '../../views/name';
import '../../views/fileHeader.css';

/** What a model is, before it is run. */
export function ModelHeader({ summary, name }: { summary: ModelSummary; name: string }): VNode {
  const { producer, graphName, docString, layers, nodeCount, parameters } = summary;
  const units = layers.reduce((sum, layer) => sum + (layer.primary ? (layer.units ?? 0) : 0), 0);
  const origin = ['ONNX model', producer && `from ${producer}`, graphName && `graph ${graphName}`]
    .filter(Boolean)
    .join(' · ');
  return (
    <header class="model-header">
      <div class="model-title">
        <h1 title={summary.path}>{name}</h1>
        <p class="quiet" title={origin}>
          {origin}
        </p>
      </div>
      <div class="model-facts">
        <dl class="facts">
          <Fact label="Parameters" title={plural(parameters, 'parameter')}>
            {formatShort(parameters)}
          </Fact>
          <Fact label="Layers" title={`${plural(layers.length, 'layer')} with ${plural(units, 'unit')}`}>
            {formatCount(layers.length)}
          </Fact>
          <Fact label="Nodes">{formatCount(nodeCount)}</Fact>
          <FileSize summary={summary} />
          <Fact label="Opset" title={`IR version ${summary.irVersion}`}>
            {summary.opsets.map(({ domain, version }) => (domain === '' ? version : `${domain} ${version}`)).join(', ')}
          </Fact>
          <Fact label="IR">{summary.irVersion}</Fact>
        </dl>
        <Values inputs={summary.inputs} outputs={summary.outputs} />
      </div>
      <Metadata metadata={summary.metadata} docString={docString} />
    </header>
  );
}

function FileSize({ summary: { size, externalData } }: { summary: ModelSummary }): VNode {
  const missing = externalData.filter((file) => file.size === null);
  const beside = externalData.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const title = [
    `${formatCount(size)} bytes`,
    ...externalData.map(
      ({ file, size: bytes }) => `${file}: ${bytes === null ? 'missing' : `${formatCount(bytes)} bytes`}`,
    ),
  ].join('\n');
  return (
    <Fact label="File" title={title}>
      {formatBytes(size)}
      {beside > 0 && <span class="quiet"> + {formatBytes(beside)} beside it</span>}
      {missing.length > 0 && <span class="warning"> {plural(missing.length, 'file')} missing</span>}
    </Fact>
  );
}

const shownValues = 4;

function Values({ inputs, outputs }: { inputs: ValueSummary[]; outputs: ValueSummary[] }): VNode {
  return (
    <table class="values">
      <tbody>
        {rows('Input', inputs)}
        {rows('Output', outputs)}
      </tbody>
    </table>
  );
}

function rows(heading: string, values: ValueSummary[]): VNode[] {
  const rest = values.slice(shownValues);
  const shown = values.slice(0, shownValues).map(({ name, dtype, shape }, index) => (
    <tr key={`${heading} ${name}`}>
      <th scope="row">{index === 0 ? heading : ''}</th>
      <td class="value-name" title={name}>
        <Name text={name} />
      </td>
      <td class="quiet">{dtype}</td>
      <td class="value-shape" title={formatShape(shape)}>{formatShape(shape)}</td>
    </tr>
  ));
  if (rest.length > 0)
    shown.push(
      <tr key={`${heading} rest`}>
        <th />
        <td class="quiet" colSpan={3} title={rest.map(({ name }) => name).join('\n')}>
          and {formatCount(rest.length)} more
        </td>
      </tr>,
    );
  return shown;
}

function Metadata({ metadata, docString }: { metadata: Record<string, string>; docString: string }): VNode | null {
  const entries = Object.entries(metadata);
  if (entries.length === 0 && docString === '') return null;
  return (
    <details class="metadata">
      <summary>
        Metadata <span class="quiet">{entries.length > 0 ? formatCount(entries.length) : ''}</span>
      </summary>
      {docString !== '' && <p class="doc-string">{docString}</p>}
      <dl>
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
