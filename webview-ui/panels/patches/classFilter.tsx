import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { formatCount, formatLabel, plural } from '../../shared/format';
import { LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { PickButton } from '../../ui/pickButton';
import { PickList } from '../../ui/pickList';
import { Marked } from '../../views/name';
import { searchWords } from '../../views/search';

interface ClassFilterProps {
  labels: readonly { name: string; count: number }[];
  chosen: readonly string[];
  onChange: (labels: string[]) => void;
}

/** Which classes' stimuli are ranked; none chosen means all. */
export function ClassFilter({ labels, chosen, onChange }: ClassFilterProps): VNode {
  const text =
    chosen.length === 0
      ? 'All classes'
      : chosen.length === 1
        ? formatLabel(chosen[0]!)
        : plural(chosen.length, 'class', 'classes');
  return (
    <PickButton
      label="Classes"
      icon="filter"
      title={chosen.length > 0 ? chosen.slice(0, 20).join('\n') : 'Rank stimuli of some classes only'}
      text={text}
      class={`class-filter${chosen.length > 0 ? ' field-active' : ''}`}
      panel={() => <ClassChoice labels={labels} chosen={chosen} onChange={onChange} />}
    />
  );
}

function ClassChoice({ labels, chosen, onChange }: ClassFilterProps): VNode {
  const search = useSignal('');
  const selected = new Set(chosen);
  const words = useComputed(() => searchWords(search.value));
  const entries = labels
    .filter(({ name }) => words.value.every((word) => name.toLowerCase().includes(word)))
    .map(({ name, count }) => ({
      key: name,
      title: name,
      content: (
        <>
          <span class={`tick${selected.has(name) ? ' tick-on' : ''}`}>
            {selected.has(name) && <Icon name="check" />}
          </span>
          <span class="class-name">
            <Marked text={formatLabel(name)} words={words.value} />
          </span>
          <span class="quiet">{formatCount(count)}</span>
        </>
      ),
    }));
  return (
    <PickList
      label="Search classes"
      search={search.value}
      onSearch={(text) => (search.value = text)}
      entries={entries}
      selected={selected}
      multiple
      onPick={(name) => onChange(selected.has(name) ? chosen.filter((other) => other !== name) : [...chosen, name])}
      empty="No class matches."
      footer={
        <div class="class-footer">
          <span class="quiet">
            {chosen.length === 0
              ? `All ${plural(labels.length, 'class', 'classes')}`
              : `${formatCount(chosen.length)} of ${plural(labels.length, 'class', 'classes')}`}
          </span>
          {chosen.length > 0 && <LinkButton onPress={() => onChange([])}>Clear</LinkButton>}
        </div>
      }
    />
  );
}
