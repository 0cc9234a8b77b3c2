import * as vscode from 'vscode';
import { registerCheckpointCommands } from './commands/checkpoints';
import { registerEngineCommands } from './commands/engine';
import { registerExportCommands } from './commands/exports';
import { registerGraphCommands } from './commands/graph';
import { registerLayerCommands } from './commands/layers';
import { registerModelCompareCommands } from './commands/modelCompare';
import { registerRdmExportCommands } from './commands/rdmExports';
import { registerRdmCommands } from './commands/rdms';
import { registerRetrievalCommands } from './commands/retrieval';
import { registerRetrievalExportCommands } from './commands/retrievalExports';
import { registerStimulusCommands } from './commands/retrievalStimuli';
import { registerTableCommands } from './commands/retrievalTables';
import { registerSampleCommands } from './commands/samples';
import { registerStudyCommands } from './commands/study';
import { registerWeightCommands } from './commands/weights';
import { Checkpoints } from './host/checkpoints';
import { EngineClient } from './host/engineClient';
import { LocalFiles } from './host/localFiles';
import { Memory } from './host/memory';
import type { Services } from './host/services';
import { Sessions } from './host/sessions';
import { settings } from './host/settings';
import { showStatus } from './host/statusBar';
import { welcome } from './host/welcome';
import { checkpointComparePanels } from './providers/checkpointComparePanel';
import { CheckpointEditor } from './providers/checkpointEditor';
import { checkpointJoinPanels } from './providers/checkpointJoinPanel';
import { LayersTree } from './providers/layersTree';
import { modelComparePanels } from './providers/modelComparePanel';
import { OnnxEditor } from './providers/onnxEditor';
import { patchesPanels } from './providers/patchesPanel';
import { rdmPanels } from './providers/rdmPanel';
import { retrievalPanels } from './providers/retrievalPanel';

/** Makes the services and registers what package.json promises. Returns them for the integration tests. */
export function activate(context: vscode.ExtensionContext): Services {
  const log = vscode.window.createOutputChannel('Unitscope', { log: true });
  const engine = EngineClient.beside(
    context,
    () => ({ cache: settings.cacheFolder(), workers: settings.maxWorkers(), memory: settings.memoryBudget() }),
    log,
  );
  const memory = new Memory(context.workspaceState);
  const files = new LocalFiles(context.globalStorageUri);
  const sessions = new Sessions({ engine, memory, files, log });
  const checkpoints = new Checkpoints({ engine, files, log });
  const comparePanels = checkpointComparePanels(context.extensionUri, checkpoints.services);
  const modelPanels = modelComparePanels(context.extensionUri, { engine, files, log });
  const joinPanels = checkpointJoinPanels(context.extensionUri, checkpoints.services);
  const shown = { sessions, engine, memory, log };
  const panels = patchesPanels(context.extensionUri, { ...shown, files });
  const rdms = rdmPanels(context.extensionUri, shown);
  const storage = context.globalStorageUri;
  const retrievals = retrievalPanels(context.extensionUri, { ...shown, storage });
  const sample = (...path: string[]): vscode.Uri => vscode.Uri.joinPath(context.extensionUri, 'samples', ...path);
  const samples = { model: sample('scopenet', 'scopenet.onnx'), images: sample('images') };
  const services: Services = { engine, sessions, checkpoints, panels, rdmPanels: rdms, retrievalPanels: retrievals, memory, log, storage, samples };

  const editor = new OnnxEditor(context.extensionUri, sessions, engine, log);
  const tree = new LayersTree(sessions);
  const view = vscode.window.createTreeView('unitscope.layers', { treeDataProvider: tree, showCollapseAll: true, canSelectMany: true });

  context.subscriptions.push(
    log,
    engine,
    memory,
    sessions,
    view,
    tree.attach(view),
    showStatus(sessions),
    vscode.window.registerCustomEditorProvider(OnnxEditor.viewType, editor, {
      supportsMultipleEditorsPerDocument: true,
    }),
    vscode.window.registerWebviewPanelSerializer(panels.viewType, panels),
    vscode.window.registerWebviewPanelSerializer(rdms.viewType, rdms),
    vscode.window.registerWebviewPanelSerializer(retrievals.viewType, retrievals),
    new CheckpointEditor(context.extensionUri, checkpoints).register(),
    vscode.window.registerWebviewPanelSerializer(comparePanels.viewType, comparePanels),
    vscode.window.registerWebviewPanelSerializer(joinPanels.viewType, joinPanels),
    registerCheckpointCommands({ checkpoints, comparePanels, joinPanels, memory, sessions }),
    registerLayerCommands(services),
    registerGraphCommands(services, editor),
    registerWeightCommands(services, editor),
    registerModelCompareCommands(services, modelPanels),
    vscode.window.registerWebviewPanelSerializer(modelPanels.viewType, modelPanels),
    registerRdmCommands(services),
    registerRdmExportCommands(services),
    registerRetrievalCommands(services),
    registerRetrievalExportCommands(services),
    registerStimulusCommands(services),
    registerTableCommands(services),
    registerStudyCommands(services),
    registerEngineCommands(services),
    registerExportCommands(services),
    registerSampleCommands(services),
  );
  void welcome(context);
  return services;
}
