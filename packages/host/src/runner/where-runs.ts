import { readFileSync, readlinkSync } from 'node:fs'
import type { Runner } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { runsHere } from './create-runner.ts'

const namespaceLink = '/proc/self/ns/net'
const bootFile = '/proc/sys/kernel/random/boot_id'

/**
 * Tells whether a Runner starts its programs in this process's network namespace. A netlink socket, /proc/sys and
 * /proc/net belong to this process, whatever a Runner does. Namespaces on two hosts may have the same number, so the
 * boot id is compared too.
 *
 * @returns `unknown` where the Runner's programs do not give these values, such as a Runner that only pretends to run
 * them
 * @example
 * await whereRuns(createRunner()) // 'here'
 * @public @since 0.1.0
 */
export const whereRuns = async (runner: Runner): Promise<'here' | 'elsewhere' | 'unknown'> => {
  if (runsHere(runner)) return 'here'
  const namespace = await ask(runner, 'readlink', namespaceLink)
  const boot = await ask(runner, 'cat', bootFile)
  if (namespace === null || boot === null || !/^net:\[\d+\]$/.test(namespace)) return 'unknown'
  const isHere = namespace === readlinkSync(namespaceLink) && boot === readFileSync(bootFile, 'utf8').trim()
  return isHere ? 'here' : 'elsewhere'
}

const ask = async (runner: Runner, program: string, file: string): Promise<string | null> => {
  try {
    const { exitCode, stdout } = await runner.run(program, [file])
    return exitCode === 0 ? stdout.trim() : null
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
