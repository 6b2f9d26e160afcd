import { readFileSync, readlinkSync } from 'node:fs'
import type { Runner } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { runsHere } from './create-runner.ts'

const namespaceLink = '/proc/self/ns/net'
const bootFile = '/proc/sys/kernel/random/boot_id'

/**
 * Does a Runner start its programs in this process's network namespace? A netlink socket, /proc/sys and /proc/net are
 * those of this process, whatever a Runner does. Two hosts may number their namespaces alike, so the boot is asked for
 * too.
 *
 * @returns `unknown` where the Runner's programs do not tell: one that only pretends, say
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
