import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Runner, RunResult } from '@portolan/core'
import { InspectError, MissingToolError, PermissionError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { inheritedLocks } from '../lock/inherited-locks.ts'
import { programEnvironment } from './program-environment.ts'
import { type Ended, spawnWhole } from './spawn-whole.ts'
import { startFailure } from './start-failure.ts'
import { openWholeInput } from './whole-input.ts'

/** The most characters of output. A ruleset of many thousands of rules has to fit. */
const MAX_OUTPUT_CHARACTERS = 2 ** 29

/** The Debian package of each program. */
const packages: readonly (readonly [RegExp, string])[] = [
  [/^nft$/, 'nftables'],
  [/^ip6?tables/, 'iptables'],
  [/^(conntrack|conntrackd)$/, 'conntrack'],
  [/^(ip|ss|bridge|tc)$/, 'iproute2'],
  [/^nsenter$/, 'util-linux'],
  [/^ipset$/, 'ipset'],
  [/^(sysctl|ps)$/, 'procps'],
  [/^modprobe$/, 'kmod'],
  [/^firewall-cmd$/, 'firewalld'],
]

/**
 * Makes the runner that starts real processes. It uses no shell, and the C locale, because callers recognise messages
 * by their English text. It looks a program up in the absolute folders of PATH and in /usr/sbin and /sbin, for root
 * only in folders that root alone may write to. Input is a file that is complete before the program starts. So a kill
 * at any instant leaves no program with a part of its input. A program that starts while `withHostLock` holds the
 * host's lock holds the lock too, until its end.
 *
 * @returns a Runner; a process that a signal ended has exit code 128 + the signal's number, as in sh
 * @throws MissingToolError from `run` when the program is not installed
 * @throws PermissionError from `run` when it may not be executed
 * @throws InspectError from `run` when the program could not be started for another reason
 * @example
 * const { exitCode, stdout } = await createRunner().run('nft', ['-j', 'list', 'ruleset'])
 * @public @since 0.1.0
 */
export const createRunner = (): Runner => {
  const runner: Runner = { run }
  local.add(runner)
  return runner
}

/** The runners made by `createRunner`. */
const local = new WeakSet<Runner>()

/**
 * Tells whether a runner starts its programs on this host and in this network namespace, so that they see what a
 * netlink socket of this process sees. A caller's own runner may use another network namespace, or another host.
 * @example
 * runsHere(createRunner()) // true
 * @public @since 0.1.0
 */
export const runsHere = (runner: Runner): boolean => local.has(runner)

const run: Runner['run'] = async (command, args, options = {}) => {
  const input = options.input === undefined ? null : openWholeInput(options.input)
  try {
    const ended = await spawnWhole(command, args, {
      environment: programEnvironment(process.env),
      input,
      inherits: inheritedLocks(),
      mostCharacters: MAX_OUTPUT_CHARACTERS,
    })
    return resultOf(command, ended)
  } catch (error) {
    throw startError(command, error)
  } finally {
    if (input !== null) closeSync(input)
  }
}

const resultOf = (command: string, { exitCode, signal, stdout, stderr }: Ended): RunResult =>
  signal === null
    ? { exitCode: exitCode ?? 0, stdout, stderr }
    : {
        exitCode: 128 + constants.signals[signal],
        stdout,
        stderr: `${stderr}${command} was ended by ${signal}.\n`,
      }

const packageOf = (command: string): string => {
  const program = command.slice(command.lastIndexOf('/') + 1)
  return packages.find(([pattern]) => pattern.test(program))?.[1] ?? program
}

const startError = (command: string, failure: unknown): Error => {
  const cause = { cause: failure }
  const code = errorCode(failure)
  if (code === 'ENOENT') return new MissingToolError(command, packageOf(command), cause)
  if (code === 'EACCES')
    return new PermissionError(`${command} may not be executed by this user.`, 'execute permission', cause)
  const { why, mend } = startFailure(failure)
  return new InspectError(
    { problem: `${command} could not be run: ${why}.`, remedy: () => mend },
    { command, exitCode: null, stderr: errorMessage(failure) },
    cause,
  )
}
