import { isKilled, lackOf, programEnd, type RunResult, unknownRemedy } from '@portolan/core'
import {
  ApplyError,
  InspectError,
  PermissionError,
  type PortolanError,
  StaleStateError,
} from '@portolan/netfilter'
import { tableFamily, tableName } from '../compile/ours.ts'

/**
 * Was nft refused for want of CAP_NET_ADMIN? nft has no translations and prints strerror(3), and so does the C library
 * under LC_ALL=C. Without the capability nft cannot even list the ruleset, so its error names no place in the script.
 */
const isRefused = (stderr: string): boolean =>
  /Operation not permitted|Permission denied/.test(stderr) && !isOwned(stderr)

/**
 * Was one command of the script refused? Then the table has `flags owner` and belongs to another program alone
 * (nft(8)).
 */
const isOwned = (stderr: string): boolean => /:\d+:\d+.*: Error: .*: Operation not permitted/.test(stderr)
const isStale = (stderr: string): boolean =>
  /No such file or directory|does not exist|File exists|Device or resource busy/.test(stderr)

/** The error of a process that may not use nftables. */
export const deniedError = (what: 'change' | 'read'): PermissionError =>
  new PermissionError(
    `Cannot ${what} nftables: the kernel asks for the capability CAP_NET_ADMIN. Run this as root, or with "sudo".`,
    'CAP_NET_ADMIN',
  )

const permissionError = (what: 'change' | 'read', { stderr }: RunResult): PermissionError | null =>
  isRefused(stderr) ? deniedError(what) : null

/** The error text of a refusal, and the command that was refused. Null: the command is not known. */
interface Refused {
  readonly stderr: string
  readonly offending: string | null
}

/** The end of an error message that quotes the refused command: `, at: ` and the command. */
export const placeOf = (offending: string | null): string => (offending === null ? '' : `, at: ${offending}`)

/** The error for a table that another program keeps for itself. */
export const ownedError = (refused: Refused): ApplyError =>
  new ApplyError(
    `Another program owns the table ("flags owner"), so the kernel refuses changes by all others${placeOf(refused.offending)}. Nothing was applied. "nft list table ${tableFamily} ${tableName}" names the program: end it, or have it delete the table, and run this again.`,
    { applied: [], ...refused },
  )

/** The error for a table that changed since the changes were planned. */
export const staleError = (said: string): StaleStateError =>
  new StaleStateError(`The rules of this host changed since they were read (${said}). Nothing was applied`, {
    advice: 'plan again',
  })

/** `/dev/stdin:3:5-9: Error: Could not process rule: File exists` */
const place = /^[^\n:]*:(\d+):\d+(?:-\d+)?: Error: (.*)$/m

/** Turns the error output of nft for a script into an error. The class of the error says which side is at fault. */
export const applyFailure = (script: string, result: RunResult): PortolanError => {
  const denied = permissionError('change', result)
  if (denied !== null) return denied
  const { stderr } = result
  const [, line, words] = place.exec(stderr) ?? []
  const offending = line === undefined ? null : (script.split('\n')[Number(line) - 1] ?? null)
  const at = placeOf(offending)
  const said = words ?? programEnd(result)
  const details = { applied: [], stderr, offending }
  if (isKilled(result))
    return new ApplyError(
      `nft did not end by itself (${said}): whether the changes are in force is not known. Run this again.`,
      { ...details, certain: false },
    )
  if (isOwned(stderr)) return ownedError({ stderr, offending })
  if (isStale(stderr)) return staleError(`nft: ${said}${at}`)
  const lack = lackOf(result)
  const why = lack?.why ?? said
  return new ApplyError(
    {
      problem: `nft refused the changes: ${why}${at}. Nothing was applied.`,
      remedy: () => lack?.mend ?? unknownRemedy,
    },
    details,
  )
}

/** The error for an nft list command that failed. */
export const listFailure = (args: readonly string[], result: RunResult): PortolanError => {
  const denied = permissionError('read', result)
  if (denied !== null) return denied
  const command = `nft ${args.join(' ')}`
  const details = { command, exitCode: result.exitCode, stderr: result.stderr }
  const lack = lackOf(result)
  if (lack !== null)
    return new InspectError(
      {
        problem: `"${command}" could not read the rules: ${lack.why}.`,
        remedy: () => lack.mend,
      },
      details,
    )
  const advice = isKilled(result)
    ? 'Run this again.'
    : `Run it by hand to see more. ${result.stderr.trim() === '' ? 'Is nft of this host whole?' : 'Does this nft print JSON (0.9.0 or newer, built with it), and does this kernel have nf_tables?'}`
  return new InspectError(`"${command}" failed: ${programEnd(result)}. ${advice}`, details)
}
