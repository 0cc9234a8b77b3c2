import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { confirmIfLong } from '../host/rdmEstimate';
import type { Services } from '../host/services';
import type { RdmSettings, RdmView } from '../protocol/rdmViews';
import { rdmQuestion } from '../providers/rdmPanel';
import { askForLayers, askForMeasure, askForStimuli } from './rdmPicks';
import { askForReference } from './rdmReferences';
import { registerCommand } from './register';
import { ensureImages, ensureTrust } from './study';
import { sessionOf, type Target } from './target';

/** Commands on RDMs: of layers, between layers, with references. */
export function registerRdmCommands(services: Services): vscode.Disposable {
  const { sessions, engine, memory, rdmPanels, log } = services;
  const chosen = (session: ModelSession): RdmSettings => memory.model(session.uri).rdm;

  const change = async (session: ModelSession, settings: Partial<RdmSettings>): Promise<void> => {
    const rdm = { ...chosen(session), ...settings };
    await memory.rememberModel(session.uri, { rdm });
    rdmPanels.page(session.uri)?.notify('settings.set', rdm);
  };

  /** A page that is on screen is told what to show; one that starts asks. */
  const show = async (session: ModelSession, view: RdmView, layer: string | null): Promise<void> => {
    if (rdmPanels.show(session.uri)) rdmPanels.page(session.uri)?.notify('view.show', { view, layer });
    else await memory.rememberModel(session.uri, { rdmView: { view, layer } });
  };

  const compute = async (session: ModelSession): Promise<void> => {
    const settings = chosen(session);
    if (settings.layers.length === 0 || !(await ensureTrust()) || !(await ensureImages(services, session))) return;
    const { study, request } = rdmQuestion(session, settings);
    await confirmIfLong(engine, study, request);
    await session.computeRdms(request);
  };

  const ready = async (session: ModelSession): Promise<boolean> => (await ensureTrust()) && (await ensureImages(services, session));

  const computeRdm = async (target?: Target, selected?: Target[]): Promise<void> => {
    const session = sessionOf(sessions, target);
    const named = layersOf(session, target, selected);
    const layers = named.length > 0 ? named : await askForLayers(session, chosen(session).layers);
    if (!layers || layers.length === 0 || !(await ready(session))) return;
    // Those that are there stay: an RDM says more beside others.
    await change(session, { layers: inGraphOrder(session, [...chosen(session).layers, ...layers]) });
    await show(session, layers.length > 1 ? 'layers' : 'rdm', layers.length > 1 ? null : layers[0]!);
    await compute(session);
  };

  const compareLayers = async (target?: Target, selected?: Target[]): Promise<void> => {
    const session = sessionOf(sessions, target);
    const named = layersOf(session, target, selected);
    const layers = named.length > 1 ? named : await askForLayers(session, chosen(session).layers.length > 1 ? chosen(session).layers : undefined);
    if (!layers || layers.length === 0 || !(await ready(session))) return;
    await change(session, { layers: inGraphOrder(session, layers) });
    await show(session, 'compare', null);
    await compute(session);
  };

  const compareWithReference = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const reference = await askForReference(services, session);
    if (!reference) return;
    const { references, layers } = chosen(session);
    const known = references.some((other) => JSON.stringify(other) === JSON.stringify(reference));
    await change(session, {
      references: known ? references : [...references, reference],
      layers: layers.length > 1 ? layers : primaryLayers(session),
    });
    await show(session, 'compare', null);
    await compute(session);
  };

  const chooseLayers = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layers = await askForLayers(session, chosen(session).layers);
    if (!layers || layers.length === 0) return;
    await change(session, { layers: inGraphOrder(session, layers) });
    await compute(session);
  };

  const chooseStimuli = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const { recipe } = chosen(session);
    const stimuli = await askForStimuli(services, session, recipe.stimuli);
    if (!stimuli) return;
    await change(session, { recipe: { ...recipe, stimuli } });
    await compute(session);
  };

  const chooseMeasure = async (target: Target | undefined, { measure }: { measure: 'mahalanobis' | 'crossnobis' }): Promise<void> => {
    const session = sessionOf(sessions, target);
    const { recipe } = chosen(session);
    const needs = await askForMeasure(session, measure);
    if (!needs) {
      await change(session, {}); // the panel's choice goes back to what it was
      return;
    }
    await change(session, { recipe: { ...recipe, measure, ...needs } });
    await compute(session);
  };

  return vscode.Disposable.from(
    registerCommand('computeRdm', log, computeRdm),
    registerCommand('compareLayers', log, compareLayers),
    registerCommand('compareWithReference', log, compareWithReference),
    registerCommand('showRdms', log, async (target?: Target) => {
      const session = sessionOf(sessions, target);
      if (chosen(session).layers.length === 0) await computeRdm(target);
      else rdmPanels.show(session.uri);
    }),
    registerCommand('computeChosenRdms', log, (target?: Target) => compute(sessionOf(sessions, target))),
    registerCommand('chooseRdmLayers', log, chooseLayers),
    registerCommand('chooseRdmStimuli', log, chooseStimuli),
    registerCommand('chooseRdmMeasure', log, chooseMeasure),
  );
}

/** Layers that a menu was opened on: all that are selected where the one under the pointer is among them. */
function layersOf(session: ModelSession, target: Target | undefined, selected: Target[] = []): string[] {
  if (!target) return [];
  const several = target.unitscopeLayers ?? selected.flatMap(({ unitscopeLayer }) => unitscopeLayer ?? []);
  const one = target.unitscopeLayer;
  const layers = one === undefined || several.includes(one) ? several : [];
  const found = layers.length > 0 ? layers : one === undefined ? [] : [one];
  return found.filter((layer) => session.layer(layer) !== undefined);
}

function inGraphOrder(session: ModelSession, layers: readonly string[]): string[] {
  const wanted = new Set(layers);
  return (session.summary?.layers ?? []).map(({ name }) => name).filter((name) => wanted.has(name));
}

function primaryLayers(session: ModelSession): string[] {
  return (session.summary?.layers ?? []).filter(({ primary }) => primary).map(({ name }) => name);
}
