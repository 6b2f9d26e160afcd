import { isKilled, lackOf, programEnd, type RunResult, unknownRemedy } from '@portolan/core'
import {
  ApplyError,
  InspectError,
  MissingToolError,
  PermissionError,
  type PortolanError,
  type Wording,
} from '@portolan/netfilter'

/** Matches the words of a program without the privilege. */
const denied = /permission denied|operation not permitted|you must be root/i

/** Matches the words about a step that was not permitted. */
const owned = /\b[A-Z_]+ failed \(Operation not permitted\)/

/** Matches the words about the lock (iptables/xshared.c `xtables_lock`). */
const busy = /currently holding the xtables lock/

/** Do a program's words say that a privilege is missing? */
export const isDenied = (stderr: string): boolean => denied.test(stderr) && !isOwned(stderr)

/**
 * Was one step of a restore refused: `line 2: CHAIN_USER_ADD failed (Operation not permitted): chain X`? Then the table
 * has `flags owner` and belongs to another program alone (nft(8)). Without CAP_NET_ADMIN iptables-nft does not reach
 * such a step.
 */
const isOwned = (stderr: string): boolean => owned.test(stderr)

/** Does the text say that another program holds the lock? */
export const isBusy = (stderr: string): boolean => busy.test(stderr)

/**
 * The table that iptables-legacy-restore could not open. It gives no reason (iptables/iptables-restore.c), but
 * iptables-legacy-save does for the same table. Null: the program failed for another reason.
 */
export const unopenedTable = (stderr: string): string | null =>
  /unable to initialize table '(\w+)'/.exec(stderr)?.[1] ?? null

/** Adds the Debian package to install to the runner's error, which only names the missing program. */
export const naming = async <T>(run: Promise<T>): Promise<T> => {
  try {
    return await run
  } catch (error) {
    if (error instanceof MissingToolError && error.package !== 'iptables') {
      throw new MissingToolError(error.tool, 'iptables', { cause: error })
    }
    throw error
  }
}

/** Why a program of iptables failed, and what to do: whole sentences. */
interface Reason {
  /** As a clause; null: only the program's own words are known. */
  readonly why: string | null
  readonly mend: (wording: Wording) => string
}

const otherBackend = ({ backend }: Wording): string =>
  backend === null ? '' : ` Or leave this backend: ${backend}.`

const changedMeanwhile = (): string =>
  'Plan again: another program may have changed these rules since they were read.'

const unknown = (): string => unknownRemedy

/**
 * What a program says, and what it means. The words are those of iptables 1.8 (libxtables/xtables.c, iptables/xshared.c,
 * libiptc.c `TC_STRERROR`, iptables/nft.c) and of strerror(3).
 */
const reasons: readonly (readonly [RegExp, (found: RegExpExecArray) => Reason])[] = [
  [
    owned,
    () => ({
      why: 'another program owns one of its tables ("flags owner")',
      mend: () => '"nft list ruleset" names the program: end it, and run this again.',
    }),
  ],
  [
    busy,
    () => ({
      why: 'another program holds the lock of iptables, /run/xtables.lock',
      mend: () => 'Wait until it ends, and run this again.',
    }),
  ],
  [
    /can't open lock file/,
    () => ({
      why: 'the lock of iptables cannot be opened',
      mend: () => 'Make it a file that this user may write to, and run this again.',
    }),
  ],
  [
    /Couldn't load (match|target) `([^']*)'/,
    ([, kind = '', name = '']) => ({
      why: `the iptables of this host has no ${kind} "${name}"`,
      mend: (wording) =>
        `Install the whole package iptables, in a newer version if need be, and run this again.${otherBackend(wording)}`,
    }),
  ],
  [
    /Extension (\S+) revision \d+ not supported, missing kernel module/,
    ([, name = '']) => ({
      why: `this kernel has no part for the match or target "${name}" of iptables`,
      mend: (wording) =>
        `Load its module (modprobe xt_${name}), or use a kernel that has it, and run this again.${otherBackend(wording)}`,
    }),
  ],
  [
    /Table does not exist/,
    () => ({
      why: 'this kernel does not have that table of iptables',
      mend: (wording) =>
        `Load its module (iptable_filter, ip6table_nat and the like), or use a kernel that has it, and run this again.${otherBackend(wording)}`,
    }),
  ],
  [
    /unable to initialize table/,
    () => ({ why: 'it could not open that table, and does not say why', mend: unknown }),
  ],
  [
    /No space left on device|Too many links/,
    () => ({
      why: 'the kernel has no room for one more',
      mend: () => 'Remove what is not needed any more, and run this again.',
    }),
  ],
  [
    /\b[A-Z_]+ failed \((No such file or directory|Device or resource busy|File exists)\)|line \d+ failed: |Chain '[^']*' does not exist/,
    () => ({ why: 'the rules are not as they were read', mend: changedMeanwhile }),
  ],
]

/** The exit code of a program that does not accept its input (xtables.h `PARAMETER_PROBLEM`). */
const NOT_ACCEPTED = 2

const reasonOf = (result: RunResult, offending: string | null): Reason => {
  for (const [pattern, reason] of reasons) {
    const found = pattern.exec(result.stderr)
    if (found !== null) return reason(found)
  }
  if (result.exitCode === NOT_ACCEPTED)
    return {
      why: 'the iptables of this host does not accept that line',
      mend: (wording) =>
        `It may be older than the line needs: install a newer one, and run this again.${otherBackend(wording)}`,
    }
  // iptables-legacy gives no reason. It compares a line with the rules by itself, and the kernel takes a whole table.
  if (/line \d+ failed$/m.test(result.stderr))
    return offending === 'COMMIT'
      ? { why: 'the kernel did not take them', mend: unknown }
      : { why: 'the rules may not be as they were read', mend: changedMeanwhile }
  return { why: null, mend: unknown }
}

/** The words of a program, without its name and version, empty warnings and hints at its help. */
const saidBy = (result: RunResult): string => {
  const stderr = result.stderr
    .split('\n')
    .map((line) => line.replace(/^(\S+ v[\d.]+ \([^)]*\)|\S*(restore|save)): */, '').trim())
    .filter((line) => line !== '' && !/^(Error occurred at line|Try `|# Warning: )/.test(line))
    .join('\n')
  return programEnd({ ...result, stderr: stderr === '' ? result.stderr : stderr })
}

/** A restore that failed, and how far it came. */
export interface FailedRestore {
  readonly command: string
  readonly result: RunResult
  /** The program that gave the reason, where that is another one. */
  readonly told: RunResult
  /** What was refused: a line, the changes of a table; null: it is not known. */
  readonly refused: string | null
  /** The refused line of the input; null: it is not known. */
  readonly offending: string | null
  /** The descriptions of the changes that are in force. */
  readonly applied: readonly string[]
  /** How far it came, as a sentence. */
  readonly aftermath: string
  /** False: the refused change may be in force, wholly or in part. */
  readonly certain: boolean
}

/** The error of a restore that failed. Its class says which side is at fault. */
export const applyFailure = (failed: FailedRestore): PortolanError => {
  const { command, result, told, refused, offending, applied, aftermath, certain } = failed
  const { stderr } = result
  if (isDenied(told.stderr))
    return new PermissionError(
      `${command} may not change the rules: run this as root, or with CAP_NET_ADMIN.`,
      'CAP_NET_ADMIN',
    )
  const details = { applied, stderr, offending, certain }
  if (isKilled(result))
    return new ApplyError(
      {
        problem: `${command} did not end by itself (${programEnd(result)}). ${aftermath}`,
        remedy: () => 'Run this again.',
      },
      details,
    )
  const does = `${command} ${refused === null ? 'failed' : `refused ${refused}`}`
  const lack = lackOf(told)
  if (lack !== null)
    return new ApplyError(
      { problem: `${command} failed: ${lack.why}. ${aftermath}`, remedy: () => lack.mend },
      details,
    )
  const { why, mend } = reasonOf(told, offending)
  const said = saidBy(told)
  return new ApplyError(
    { problem: `${does}: ${why === null ? said : `${why} (${said})`}. ${aftermath}`, remedy: mend },
    details,
  )
}

/** The error of a program that lists rules, and failed. `does` completes "... may not". */
export const listFailure = (command: string, result: RunResult, does = 'read the rules'): PortolanError => {
  const { exitCode, stderr } = result
  const details = { command, exitCode, stderr }
  const lack = lackOf(result)
  if (lack !== null)
    return new InspectError(
      {
        problem: `${command} could not ${does}: ${lack.why}.`,
        remedy: () => lack.mend,
      },
      details,
    )
  if (isDenied(stderr))
    return new PermissionError(
      `${command} may not ${does}: run this as root, or with CAP_NET_ADMIN.`,
      'CAP_NET_ADMIN',
    )
  return new InspectError(`${command} failed: ${saidBy(result)}. Run it by hand to see more.`, details)
}
