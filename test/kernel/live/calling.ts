import { fileURLToPath } from 'node:url'
import type { Lab } from '../../lab/lab.ts'
import type { Found, Told } from './model.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs a program of this folder in the host. */
export const argvOf = (program: string): readonly string[] => [
  'env',
  '-C',
  repository,
  process.execPath,
  `test/kernel/live/${program}`,
]

/** What is wanted and in force, as told by a fresh process; and once more after it has repaired what was missing. */
export const look = async (
  lab: Lab,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly before: Found; readonly after: Found }> => {
  const { exitCode, stdout, stderr } = await lab.host.run(argvOf('in-force.mjs'), {
    environment: { ...environment, CALLS_REPAIR: '1' },
  })
  if (exitCode !== 0) throw new Error(`${stderr}\n${stdout}`)
  return JSON.parse(stdout)
}

/** What a program said; of one that was killed the last line may be cut off. */
export const toldIn = (stdout: string): readonly Told[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Told)

/** The answers a caller may get for what is not there, or no longer. */
export const documented: readonly string[] = ['INVALID_REQUEST', 'HOST_PORT_IN_USE', 'NETWORK_IN_USE']
