import '../../shared/base.css';
import '../../ui/ui.css';
import '../../views/panel.css';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from '../../ui/button';
import { Banner } from '../../views/notice';
import { ScanBar } from '../../views/scanBar';
import { SessionBanners } from '../../views/sessionBanners';
import { unreadiness } from './readiness';
import { Toolbar } from './toolbar';
import { UnitDetail } from './unitDetail';
import { UnitGrid } from './unitGrid';
import type { PatchesView } from './view';
import './panel.css';

/** From this width on, an open unit stands beside the grid; below, it covers it. */
const sideBySide = 1040;

/** The units of a layer, each with the patches that drive it most. */
export function PatchesPanel({ view }: { view: PatchesView }): VNode {
  const { session } = view;
  const body = useRef<HTMLDivElement>(null);
  const wide = useSignal(false);
  useLayoutEffect(() => {
    const measure = (): void => {
      wide.value = (body.current?.clientWidth ?? 0) >= sideBySide;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(body.current!);
    return () => observer.disconnect();
  }, [wide]);

  const unready = unreadiness(view);
  const layer = view.layer.value;
  const opened = unready || !layer ? null : view.opened.value;
  // A unit that is closed gives the focus back to its card, which cannot take it while it is covered;
  // but never takes it from the model's editor.
  const wasOpen = useRef(false);
  useLayoutEffect(() => {
    if (!opened && wasOpen.current && document.hasFocus())
      body.current?.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus({ preventScroll: true });
    wasOpen.current = opened !== null;
  }, [opened]);
  const close = (): void => {
    view.opened.value = null;
  };
  return (
    <main class="panel">
      <SessionBanners session={session} />
      {layer && view.settings.value && (
        <Toolbar
          view={view}
          layer={layer}
          settings={view.settings.value}
          arranging={unready === null && (opened === null || wide.value)}
        />
      )}
      {layer && <ScanBar session={session} layers={0} />}
      <Trouble view={view} />
      <div ref={body} class={`panel-body${opened ? (wide.value ? ' panel-beside' : ' panel-over') : ''}`}>
        {unready ??
          (layer && view.settings.value && (
            <div class="panel-grid" inert={opened !== null && !wide.value}>
              <UnitGrid view={view} layer={layer} settings={view.settings.value} />
            </div>
          ))}
        {opened && layer && (
          <UnitDetail
            key={layer.name}
            view={view}
            layer={layer}
            unit={opened.unit}
            beside={wide.value}
            onClose={close}
          />
        )}
      </div>
    </main>
  );
}

/** A call that failed while there is something to look at; that the engine has stopped is said already. */
function Trouble({ view }: { view: PatchesView }): VNode | null {
  const { pages, session, patchError } = view;
  const error = (pages.status.value && pages.error.value) ?? patchError.value;
  if (!error || session.state.value?.engine.state === 'stopped') return null;
  return (
    <Banner tone="error" actions={<Button onPress={() => view.retry()}>Try again</Button>}>
      {error.message}
    </Banner>
  );
}
