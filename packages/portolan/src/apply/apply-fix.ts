import { constants } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Runner, RunResult } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { ApplyError, shellLine } from '@portolan/netfilter'
import { groupRules, inOneStart } from '../firewalld/group-rules.ts'
import { readFirewalld } from '../firewalld/read-firewalld.ts'
import { withoutReload } from '../firewalld/without-reload.ts'
import { type FixChange, fixCommands } from '../plan/fix-change.ts'
import type { HostMemory } from './host-memory.ts'
import { placedNow } from './placed-now.ts'

/**
 * Asks another program to let packets pass, or to stop doing so. What takes it back is remembered first.
 *
 * @throws ApplyError when the program refuses; MissingToolError when it is not there
 */
export const applyFix = async (
  { operation, description }: FixChange,
  memory: HostMemory,
  runner: Runner,
): Promise<void> => {
  const { fix } = operation
  const isPart = operation.kind === 'ask' && operation.only !== undefined
  const unsaved = isReloading(fix) && !isPart ? ((await readFirewalld(runner))?.unsaved ?? null) : null
  if (operation.kind === 'take-back') {
    const { undo } = fixCommands(operation)
    await takeBack({ undo: unsaved === null ? undo : withoutReload(fix) }, description, runner)
    await memory.forgetFix(fix)
    return
  }
  if (unsaved !== null)
    throw new ApplyError(
      `firewalld was left alone: it would have to be reloaded, and ${unsaved}. (${description}) Save what is set at run time (firewall-cmd --runtime-to-permanent) or drop it (firewall-cmd --reload), and apply again.`,
      { applied: [], stderr: '', offending: 'firewall-cmd --reload' },
    )
  // What an earlier apply asked for, or came to before it was killed, is not asked for twice.
  const known = memory.hasFix(fix)
  await memory.rememberFix(fix)
  const { undo, commands } = fixCommands({ ...operation, known })
  await takeBack({ undo }, description, runner)
  const advice = isPart ? 'Mend that, and apply again.' : 'Mend that, or apply without --fix.'
  for (const group of groupRules(commands)) {
    if (group.length > 1 && (await isTaken(inOneStart(group), runner))) continue
    for (const planned of group) {
      const command = await placedNow(planned, runner)
      const { exitCode, stderr } = await run(command, runner)
      // The plan took a name that is free, or a policy of ours.
      if (exitCode === NAME_CONFLICT && command.some((word) => word.startsWith('--new-policy='))) continue
      if (exitCode !== 0) throw refusal(command, stderr, `(${description}) ${advice}`)
    }
  }
}

/**
 * Does firewall-cmd take all of several rules? Where it takes one and refuses another it exits with 0 and a warning
 * (firewall-cmd(1), "Exit Codes"), so whatever it says, each is asked for by itself.
 */
const isTaken = async (command: readonly string[], runner: Runner): Promise<boolean> => {
  const { exitCode, stderr } = await run(command, runner)
  return exitCode === 0 && stderr.trim() === ''
}

const isReloading = ({ commands, undo }: Fix): boolean =>
  [...commands, ...undo].some((words) => words.join(' ') === 'firewall-cmd --reload')

/** What iptables answers when another process holds its lock (iptables/xshared.h `RESOURCE_PROBLEM`). */
const BUSY = 4

/** What firewall-cmd answers when firewalld does not run (firewall-cmd(1)): its settings are still on disk. */
const NOT_RUNNING = 252

/** What firewall-cmd answers for a name that is there already (firewall-cmd(1), EXIT CODES). */
const NAME_CONFLICT = 26

/** What the runner answers for a program that was killed. */
const KILLED = 128 + constants.signals.SIGKILL

/** What to do where a program did nothing and could later. */
const later: Readonly<Record<number, string>> = {
  [BUSY]: 'Try again.',
  [NOT_RUNNING]: 'Start firewalld and try again.',
  [KILLED]: 'Try again.',
}

/** firewall-cmd(1), EXIT CODES: NOT_ENABLED, INVALID_ZONE, INVALID_POLICY. */
const goneFromFirewalld: readonly number[] = [12, 112, 140]

/** iptables/iptables.c, nft_cache.c and libxt_set.h. A rule that names a set or a chain goes before that does. */
const goneFromIptables =
  /does a matching rule exist in that chain|No chain\/target\/match by that name|\b(Chain|Set) \S+ (does not|doesn't) exist/

/** Does a program say that there is nothing to take back? Whatever else it says, the rule may still be there. */
const isGone = ([program = '']: readonly string[], { exitCode, stderr }: RunResult): boolean => {
  if (program === 'firewall-cmd') return goneFromFirewalld.includes(exitCode)
  if (/^ip6?tables/.test(program)) return goneFromIptables.test(stderr)
  // ufw, which also exits with 0.
  return /Could not delete non-existent rule/.test(stderr)
}

/** What is gone already need not be taken back. */
const takeBack = async ({ undo }: Pick<Fix, 'undo'>, description: string, runner: Runner): Promise<void> => {
  for (const command of undo) {
    const result = await run(command, runner)
    if (result.exitCode === 0 || isGone(command, result)) continue
    const advice = later[result.exitCode] ?? 'Mend that, and run this again.'
    throw refusal(command, result.stderr, `(${description}) ${advice}`)
  }
}

/** Half of what was asked for is worse than a moment's wait for the holder of the lock of iptables. */
const PATIENCE_MS = 5000
const PAUSE_MS = 100

const run = async ([program = '', ...words]: readonly string[], runner: Runner): Promise<RunResult> => {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const result = await runner.run(program, words)
    const isBusy = result.exitCode === BUSY && /xtables lock/.test(result.stderr)
    if (!isBusy || performance.now() > deadline) return result
    await setTimeout(PAUSE_MS)
  }
}

const refusal = (command: readonly string[], stderr: string, advice: string): ApplyError => {
  const offending = shellLine(command)
  return new ApplyError(`"${offending}" was refused: ${stderr.trim()} ${advice}`, {
    applied: [],
    stderr,
    offending,
  })
}
