import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import { Engine } from '../engine/engine';
import type { EngineContract, EngineHostContract, EngineOptions } from '../protocol/engine';
import type { Connection } from '../rpc/transport';
import { workerSpawner } from '../workerProcess/spawn';

/** Entry of the engine process: the engine behind typed messages. It ends with the process that started it. */
process.once('disconnect', () => process.exit(0));

type Level = 'debug' | 'info' | 'warn' | 'error';
const log = (level: Level, message: string): void => host.notify('log', { level, message });

const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
const engine = new Engine(options, workerSpawner((message) => log('debug', message), { background: true }), log);
const host: Connection<EngineHostContract> = connect<EngineHostContract, EngineContract>(
  processTransport(process),
  engine.handlers,
  (error, method) => log('error', `${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
);
log('info', `Results are kept in ${engine.cache}`);
