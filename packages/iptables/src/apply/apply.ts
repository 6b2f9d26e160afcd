import { programEnd, type Runner, type RunResult } from '@portolan/core'
import { type Family, families, PortolanError } from '@portolan/netfilter'
import { describe } from '../diff/describe.ts'
import type { IptablesChange } from '../model/change.ts'
import { program, type Variant } from '../model/variant.ts'
import { invert } from '../print/command.ts'
import { applyFailure, isBusy, naming, unopenedTable } from './failure.ts'
import { type Section, sections } from './transaction.ts'

const restore = (
  runner: Runner,
  variant: Variant,
  family: Family,
  some: readonly Section[],
): Promise<RunResult> => {
  const input = some
    .flatMap(({ lines }) => lines)
    .map((line) => `${line}\n`)
    .join('')
  const options = variant === 'iptables-legacy' ? waitOptions : []
  return naming(runner.run(program(variant, family, 'restore'), ['--noflush', ...options], { input }))
}

/**
 * Waits up to five seconds for the lock. The programs of iptables-legacy share it, and a restore takes it anew for each
 * table. Giving up between two tables would leave half a change.
 */
const waitOptions = ['--wait', '5']

/**
 * Refuses to start while another program holds the lock. Our caller holds a lock of its own, so waiting here would make
 * other programs wait for both. An empty restore shows whether the lock is free. A full restore is no test: when it
 * does not get the lock for its second table, it does not say that the first table is in force.
 */
const refuseBusy = async (runner: Runner, family: Family, [first]: readonly Section[]): Promise<void> => {
  if (first === undefined) return
  const command = program('iptables-legacy', family, 'restore')
  const input = `*${first.table}\nCOMMIT\n`
  const { exitCode, stderr } = await naming(runner.run(command, ['--noflush'], { input }))
  if (exitCode === 0 || !isBusy(stderr)) return
  throw new PortolanError(
    'XTABLES_LOCKED',
    `${command} changed nothing: another program holds the lock of iptables, /run/xtables.lock. Wait until it ends, and run this again.`,
  )
}

/**
 * The line that iptables-restore names in an error, counted from 1: a line it does not accept, or the COMMIT of a table
 * that the kernel refused. Null: it names none.
 */
const failedLine = (stderr: string): number | null => {
  const found = /line:? (\d+)/i.exec(stderr)
  return found === null ? null : Number(found[1])
}

/** The sections whose COMMIT stands before a line. Each of them is in force. */
const committed = (some: readonly Section[], line: number): readonly Section[] => {
  let end = 0
  return some.filter((section) => {
    end += section.lines.length
    return end < line
  })
}

/** The changes that undo these sections in one family, last change first. */
const undo = (done: readonly Section[], family: Family): readonly Section[] =>
  sections(
    done
      .flatMap((section) => section.changes)
      .toReversed()
      .flatMap((change) => invert(change.operation))
      .map(describe),
    family,
  )

/**
 * Carries out changes with one iptables-restore per family, IPv4 first. The kernel takes a restore table by table. When
 * it refuses a table, the tables before it are put back, so that a family is changed as a whole or not at all.
 *
 * @param changes - from `diff`, in their order
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the program's words and the line it refused; `applied` lists the changes made in the family
 *   before
 * @throws PortolanError (`XTABLES_LOCKED`) when another program holds the lock of iptables; nothing is changed then
 * @throws MissingToolError
 * @example
 * await apply(diff(await inspect(runner, 'iptables-nft'), desired), runner, 'iptables-nft')
 * @public @since 0.1.0
 */
export const apply = async (
  changes: readonly IptablesChange[],
  runner: Runner,
  variant: Variant,
): Promise<void> => {
  const done: IptablesChange[] = []
  for (const family of families) {
    const all = sections(changes, family)
    if (all.length === 0) continue
    const command = program(variant, family, 'restore')
    if (variant === 'iptables-legacy' && done.length === 0) await refuseBusy(runner, family, all)
    const result = await restore(runner, variant, family, all)
    if (result.exitCode === 0) {
      for (const section of all) for (const change of section.changes) done.push(change)
      continue
    }
    // The descriptions are made only for a failure. Those of a hundred thousand changes take more memory than the
    // changes.
    const applied = done.map(({ description }) => description)
    const line = failedLine(result.stderr)
    const lines = all.flatMap((section) => section.lines)
    const back = line === null ? [] : undo(committed(all, line), family)
    const reverted = back.length === 0 ? null : await restore(runner, variant, family, back)
    const isReverted = reverted === null || reverted.exitCode === 0
    throw applyFailure({
      command,
      result,
      told: await reasonFor(runner, variant, family, result),
      refused: line === null ? null : refusedText(lines, line),
      offending: line === null ? null : (lines[line - 1] ?? null),
      applied,
      aftermath:
        line === null && !isUnstarted(result)
          ? 'How far it came is not known.'
          : isReverted
            ? 'Nothing of this family was changed.'
            : `What was done before could not be taken back (${programEnd(reverted)}).`,
      certain: (line !== null || isUnstarted(result)) && isReverted,
    })
  }
}

/** A program that the loader of shared libraries could not load did nothing. */
const isUnstarted = ({ exitCode, stderr }: RunResult): boolean =>
  exitCode === 127 && /error while loading shared libraries/.test(stderr)

/** What was refused at a line. A COMMIT stands for all changes of its table. */
const refusedText = (lines: readonly string[], line: number): string | null => {
  const text = lines[line - 1]
  if (text === undefined) return null
  const table = lines.slice(0, line).findLast((one) => one.startsWith('*'))
  return text === 'COMMIT' ? `the changes of table ${table?.slice(1)}` : `"${text}"`
}

/** The result that says why: iptables-legacy-save does where iptables-legacy-restore only says that it failed. */
const reasonFor = async (
  runner: Runner,
  variant: Variant,
  family: Family,
  result: RunResult,
): Promise<RunResult> => {
  const table = unopenedTable(result.stderr)
  if (table === null) return result
  const asked = await runner.run(program(variant, family, 'save'), ['-t', table])
  return asked.exitCode === 0 ? result : asked
}
