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
 * Runs the commands of a fix in another program, or takes them back. Records the undo commands on disk first.
 *
 * @throws ApplyError when the program refuses; MissingToolError when the program is not installed
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
  // An earlier apply may have recorded this fix, and may have been killed before it ran every command. Then the undo
  // commands run first, so that no rule is added twice.
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
      // The name was free when the plan was made, or the policy is ours. So the policy is there already.
      if (exitCode === NAME_CONFLICT && command.some((word) => word.startsWith('--new-policy='))) continue
      if (exitCode !== 0) throw refusal(command, stderr, `(${description}) ${advice}`)
    }
  }
}

/**
 * Tells whether one start of firewall-cmd accepts several rules. When it accepts one rule and refuses another, it exits
 * with 0 and prints a warning (firewall-cmd(1), "Exit Codes"). After any other output, each rule is asked for by
 * itself.
 */
const isTaken = async (command: readonly string[], runner: Runner): Promise<boolean> => {
  const { exitCode, stderr } = await run(command, runner)
  return exitCode === 0 && stderr.trim() === ''
}

const isReloading = ({ commands, undo }: Fix): boolean =>
  [...commands, ...undo].some((words) => words.join(' ') === 'firewall-cmd --reload')

/** Exit code of iptables when another process holds its lock (iptables/xshared.h `RESOURCE_PROBLEM`). */
const BUSY = 4

/**
 * Exit code of firewall-cmd when firewalld does not run (firewall-cmd(1)). The settings of firewalld are still on disk.
 */
const NOT_RUNNING = 252

/** Exit code of firewall-cmd for a name that exists already (firewall-cmd(1), EXIT CODES). */
const NAME_CONFLICT = 26

/** Exit code that the runner reports for a program that was killed. */
const KILLED = 128 + constants.signals.SIGKILL

/** Advice by exit code, where a program did nothing now and may succeed later. */
const later: Readonly<Record<number, string>> = {
  [BUSY]: 'Try again.',
  [NOT_RUNNING]: 'Start firewalld and try again.',
  [KILLED]: 'Try again.',
}

/**
 * Exit codes of firewall-cmd when the rule, zone or policy does not exist (firewall-cmd(1), EXIT CODES): NOT_ENABLED,
 * INVALID_ZONE, INVALID_POLICY.
 */
const goneFromFirewalld: readonly number[] = [12, 112, 140]

/**
 * Messages of iptables when the rule does not exist (iptables/iptables.c, nft_cache.c and libxt_set.h). A missing set
 * or chain counts too: the kernel removes neither while a rule names it.
 */
const goneFromIptables =
  /does a matching rule exist in that chain|No chain\/target\/match by that name|\b(Chain|Set) \S+ (does not|doesn't) exist/

/**
 * Tells whether the program says that there is nothing to take back. After any other failure the rule may still be
 * there.
 */
const isGone = ([program = '']: readonly string[], { exitCode, stderr }: RunResult): boolean => {
  if (program === 'firewall-cmd') return goneFromFirewalld.includes(exitCode)
  if (/^ip6?tables/.test(program)) return goneFromIptables.test(stderr)
  // ufw prints this message and exits with 0.
  return /Could not delete non-existent rule/.test(stderr)
}

/** Runs the undo commands. A rule that is already gone is no failure. */
const takeBack = async ({ undo }: Pick<Fix, 'undo'>, description: string, runner: Runner): Promise<void> => {
  for (const command of undo) {
    const result = await run(command, runner)
    if (result.exitCode === 0 || isGone(command, result)) continue
    const advice = later[result.exitCode] ?? 'Fix that, and run this again.'
    throw refusal(command, result.stderr, `(${description}) ${advice}`)
  }
}

/** How long a command waits for the lock of iptables, in ms. A fix that is half done is worse than a short wait. */
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
