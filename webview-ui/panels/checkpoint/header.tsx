import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { CheckpointSummary, CheckpointWarning } from '../../../src/protocol/checkpoint';
import { formatBytes, formatCount, formatShort, plural } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { Fact } from '../../views/fact';
import { Banner } from '../../views/notice';
import type { CheckpointView } from './view';
import '../../views/fileHeader.css';

/** What a checkpoint is. */
export function CheckpointHeader({ view, summary, name }: { view: CheckpointView; summary: CheckpointSummary; name: string }): VNode {
  const { totals, size, format, path } = summary;
  const dtypes = [...totals.byDtype].sort((a, b) => b.bytes - a.bytes);
  return (
    <header class="model-header checkpoint-header">
      <div class="checkpoint-title">
        <div class="model-title">
          <h1 title={path}>{name}</h1>
          <p class="quiet">{format} checkpoint</p>
        </div>
        <div class="checkpoint-actions">
          <Button onPress={() => view.act('compare')}>Compare With…</Button>
          <Button onPress={() => view.act('visualize')} title="Which weights of an ONNX graph this file gives">
            Visualize With Graph…
          </Button>
        </div>
      </div>
      <dl class="facts checkpoint-facts">
        <Fact label="Parameters" title={plural(totals.elements, 'element')}>
          {formatShort(totals.elements)}
        </Fact>
        <Fact label="Tensors">{formatCount(totals.tensors)}</Fact>
        <Fact label="Bytes in tensors" title={plural(totals.bytes, 'byte')}>
          {formatBytes(totals.bytes)}
        </Fact>
        <Fact label="File" title={plural(size, 'byte')}>
          {formatBytes(size)}
        </Fact>
        <Fact
          label={dtypes.length > 1 ? 'Element types' : 'Element type'}
          title={dtypes.map(({ dtype, tensors, elements }) => `${dtype}: ${plural(tensors, 'tensor')}, ${plural(elements, 'element')}`).join('\n')}
        >
          {dtypes.slice(0, 3).map(({ dtype, tensors }, at) => (
            <span key={dtype} class="dtype-share">
              {at > 0 && ', '}
              {dtype}
              {dtypes.length > 1 && <span class="quiet"> {formatCount(tensors)}</span>}
            </span>
          ))}
          {dtypes.length > 3 && <span class="quiet"> and {dtypes.length - 3} more</span>}
          {dtypes.length === 0 && '–'}
        </Fact>
      </dl>
    </header>
  );
}

/** What to know before the file is loaded elsewhere, and what of it is not shown. */
export function Warnings({ warnings }: { warnings: CheckpointWarning[] }): VNode {
  return (
    <>
      {warnings.map((warning) => (
        <WarningBanner key={warning.text} warning={warning} />
      ))}
    </>
  );
}

function WarningBanner({ warning: { kind, text, globals = [] } }: { warning: CheckpointWarning }): VNode {
  const open = useSignal(false);
  return (
    <Banner
      tone="warning"
      icon={kind === 'code' ? 'shield' : 'warning'}
      actions={globals.length > 0 && <LinkButton onPress={() => (open.value = !open.value)}>{open.value ? 'Hide names' : `Show ${plural(globals.length, 'name')}`}</LinkButton>}
    >
      {text}
      {open.value && (
        <span class="warning-globals">
          {globals.map((name) => (
            <code key={name}>{name}</code>
          ))}
        </span>
      )}
    </Banner>
  );
}
