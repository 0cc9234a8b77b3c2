import type { ComponentChildren, VNode } from 'preact';
import type { ImageInput, ModelSummary } from '../../../src/protocol/model';
import type { Resource, SessionState } from '../../../src/protocol/views';
import { baseName, formatDevice, plural, splitLabel } from '../../shared/format';
import { describePreprocess } from '../../shared/preprocessText';
import { Button, LinkButton } from '../../ui/button';
import { Icon, type IconName } from '../../ui/icon';
import { firstLook } from '../../views/firstLook';
import { Name } from '../../views/name';
import type { ModelView } from './view';
import './studyBar.css';

interface StudyBarProps {
  view: ModelView;
  state: SessionState;
  summary: ModelSummary;
  image: ImageInput;
}

/** The choices that make a study: images, how they become inputs, and the device; and the way to the patches. */
export function StudyBar({ view, state, summary, image }: StudyBarProps): VNode {
  const { session } = view;
  return (
    <section class="study" aria-label="Study">
      <div class="study-choices">
        <Choice
          icon="images"
          label="Images"
          onPress={() => session.act('dataset.choose')}
          {...describeImages(state.dataset)}
        />
        <Choice
          icon="sliders"
          label="Preprocessing"
          onPress={() => session.act('preprocess.choose')}
          {...preprocessing(state.preprocess, image)}
        />
        <Choice
          icon="chip"
          label="Device"
          onPress={() => session.act('device.choose')}
          {...describeDevice(state.device)}
        />
      </div>
      {state.dataset.state === 'none' || state.dataset.state === 'error' ? (
        <FirstStep view={view} dataset={state.dataset} />
      ) : (
        <VisualizeButton view={view} state={state} summary={summary} />
      )}
    </section>
  );
}

interface ChoiceText {
  value: ComponentChildren;
  detail?: ComponentChildren;
  badge?: string;
  tone?: 'plain' | 'guess' | 'empty' | 'error';
  title?: string;
}

interface ChoiceProps extends ChoiceText {
  icon: IconName;
  label: string;
  onPress: () => void;
}

function Choice({ icon, label, value, detail, badge, tone = 'plain', title, onPress }: ChoiceProps): VNode {
  return (
    <button type="button" class={`choice choice-${tone}`} title={title} onClick={onPress}>
      <span class="choice-label">
        <Icon name={icon} />
        {label}
        {badge && <span class="badge">{badge}</span>}
        <span class="choice-change">Change</span>
      </span>
      <span class="choice-value">{value}</span>
      {detail && <span class="choice-detail">{detail}</span>}
    </button>
  );
}

function describeImages(dataset: SessionState['dataset']): ChoiceText {
  switch (dataset.state) {
    case 'none':
      return { value: 'Choose images…', detail: 'A folder, or a manifest file', tone: 'empty' };
    case 'loading':
      return { value: 'Looking for images…' };
    case 'error':
      return { value: 'Choose other images…', detail: dataset.message, tone: 'error', title: dataset.message };
    case 'ready': {
      const { path, count, labels, kind, unreadableFolders } = dataset.value;
      const classes = labels.length > 0 ? plural(labels.length, 'class', 'classes') : 'no classes';
      return {
        value: baseName(path),
        detail: [
          plural(count, 'image'),
          classes,
          kind === 'manifest' && 'manifest',
          unreadableFolders.length > 0 && `${plural(unreadableFolders.length, 'folder')} unreadable`,
        ]
          .filter(Boolean)
          .join(' · '),
        title: [path, ...unreadableFolders.map((folder) => `Cannot be read: ${folder}`)].join('\n'),
      };
    }
  }
}

function preprocessing(resource: SessionState['preprocess'], image: ImageInput): ChoiceText {
  switch (resource.state) {
    case 'none':
    case 'loading':
      return { value: 'Looking for settings…' };
    case 'error':
      return { value: 'Set it again…', detail: resource.message, tone: 'error', title: resource.message };
    case 'ready': {
      const { geometry, values, source } = describePreprocess(resource.value);
      const guessed = resource.value.source === 'guess';
      return {
        value: geometry,
        detail: values,
        badge: source,
        tone: guessed ? 'guess' : 'plain',
        title: `${resource.value.note}\n${geometry}\n${values}\nInput ${image.layout}, ${image.dtype}`,
      };
    }
  }
}

function describeDevice({ choice, inUse }: SessionState['device']): ChoiceText {
  if (!inUse)
    return {
      value: formatDevice(choice),
      detail: choice === 'auto' ? 'The fastest that can be trusted' : 'Chosen by you',
    };
  const { fallback } = inUse;
  return {
    value: formatDevice(inUse),
    detail: fallback ?? (choice === 'auto' ? 'Chosen automatically' : 'Chosen by you'),
    badge: fallback && 'Fallback',
    tone: fallback ? 'guess' : 'plain',
    title: fallback,
  };
}

function FirstStep({ view, dataset }: { view: ModelView; dataset: Resource<unknown> }): VNode {
  return (
    <div class="first-step">
      <p>
        <strong>{dataset.state === 'error' ? 'Choose other images to go on.' : 'Show it some images.'}</strong> Every
        unit is then shown with the patches that drive it most.
      </p>
      <Button kind="primary" icon="images" onPress={() => view.session.act('dataset.choose')}>
        Choose images…
      </Button>
      <span class="quiet">
        None at hand? <LinkButton onPress={() => view.session.act('sample.open')}>Open the sample</LinkButton>
      </span>
    </div>
  );
}

function VisualizeButton({
  view,
  state,
  summary,
}: {
  view: ModelView;
  state: SessionState;
  summary: ModelSummary;
}): VNode {
  const { session } = view;
  const layer = session.layers.value.get(state.selectedLayer ?? '') ?? firstLook(summary.layers);
  const ready =
    state.trusted &&
    state.engine.state === 'running' &&
    state.dataset.state === 'ready';
  const why = !state.trusted
    ? 'Running a model needs a trusted workspace.'
    : state.dataset.state === 'ready'
      ? 'The engine has stopped.'
      : 'Images are being looked for.';
  return (
    <div class="visualize">
      <Button
        kind="primary"
        icon="mosaic"
        disabled={!ready || !layer}
        title={ready ? 'Show the patches that drive each unit of the selected layer' : why}
        onPress={() => layer && session.visualize(layer.name)}
      >
        Visualize
      </Button>
      {layer && (
        <span class="visualize-layer" title={layer.name}>
          <Name text={[...layer.group, splitLabel(layer).name].join('.')} />
        </span>
      )}
    </div>
  );
}
