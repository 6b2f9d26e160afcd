import { fileURLToPath } from 'node:url'
import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import type { CallLine, HostState } from './model.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** The argv of a program of this folder, to run on the host. */
export const argvOf = (program: string): readonly string[] => [
  'env',
  '-C',
  repository,
  process.execPath,
  `test/kernel/live/${program}`,
]

/**
 * The stored and the active ports, as a new process reads them, and once more after it has repaired what was missing.
 */
export const readTwice = async (
  lab: Lab,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly before: HostState; readonly after: HostState }> => {
  const { exitCode, stdout, stderr } = await lab.host.run(argvOf('in-force.mjs'), {
    environment: { ...environment, CALLS_REPAIR: '1' },
  })
  if (exitCode !== 0) throw new Error(`${stderr}\n${stdout}`)
  return fromJson<{ readonly before: HostState; readonly after: HostState }>(stdout)
}

/** The lines that a program printed. A kill may have cut the last line off. */
export const printedLines = (stdout: string): readonly CallLine[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => fromJson<CallLine>(line))

/** The error codes that a call may get for an object that does not exist, or not any more. */
export const documentedErrors: readonly string[] = ['INVALID_REQUEST', 'HOST_PORT_IN_USE', 'NETWORK_IN_USE']
