import type { Intent } from '@portolan/core'
import { withHostLock } from '@portolan/host'
import { InvalidRequestError, StaleStateError } from '@portolan/netfilter'
import { apply } from '../../apply/apply.ts'
import { blockingConflicts } from '../../plan/blocking-conflicts.ts'
import type { Plan } from '../../plan/plan.ts'
import { comparePlans, type PlanDifference, printDifference } from '../../plan/plan-difference.ts'
import { plan } from '../../plan/plan-intent.ts'
import { planJson } from '../../plan/plan-json.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { printPlan } from '../../plan/print/print-plan.ts'
import { freshNeighbours } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { applyOptions } from '../options/apply-options.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { jsonText } from '../output/json-text.ts'
import { lookOf } from '../output/look-of.ts'
import { planningAgain } from '../planning-again.ts'
import { findProject } from '../sources/find-project.ts'
import { readIntent } from '../sources/read-intent.ts'
import { keptText } from '../sources/read-wanted.ts'
import { planOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'
import { keyOptions } from '../watch/key-words.ts'
import { refuseOtherText } from '../watch/other-text.ts'

/** The most plans. Where the host has changed after each of them, another program keeps changing it. */
const attempts = 5

/** `portolan apply`: plans, shows, asks, carries out. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  if (options.yes !== true && !terminal.interactive) {
    throw new InvalidRequestError(
      'apply asks before it changes anything, and there is no terminal to ask on. Add --yes to go ahead.',
    )
  }
  await refuseKey(options)
  return planAndApply(context, options.fix === true ? { fix: true } : {})
}

/**
 * Refuses a project whose text is under a key, because its watch applies that text. The error "there is no Compose
 * file" would tell less.
 *
 * @throws InvalidRequestError with the command
 */
const refuseKey = async (options: CommandContext['options']): Promise<void> => {
  const kept = await keptText(options)
  if (kept === null || findProject(options, process.env) !== null) return
  const watch = withOwnOptions(await keyOptions(options, kept.project))('portolan watch')
  throw new InvalidRequestError(
    `the text of project ${kept.project} is under a key of etcd, and its watch applies it: \`${watch}\`. To apply a file in its place, name it with -f.`,
  )
}

/**
 * Plans, shows, asks, carries out.
 * @param more - plan options besides those of the command line
 * @param next - says what is left to do once changes were made
 * @param intent - by default that of the files
 */
export const planAndApply = async (
  context: CommandContext,
  more: Pick<PlanOptions, 'move' | 'fix' | 'lastBackend'> = {},
  next: ((planned: Plan) => string) | null = null,
  // The intent is read once. A file that changes meanwhile is another wish, and standard input cannot be read twice.
  intent: Intent = readIntent(context.options),
): Promise<ExitCode> => {
  const { options, terminal } = context
  await refuseOtherText(options, intent)
  const planAgain = async (): Promise<Plan> =>
    plan(intent, {
      ...(await planOptions(options)),
      ...(await freshNeighbours(context, true)),
      ...more,
    })
  const first = await waitFor(context, planning, planAgain)
  // Another Portolan process may have changed the host while it was read. So only a conflict in a second plan, under
  // the lock, blocks.
  const isBlocked = (one: Plan): boolean =>
    options.force !== true && blockingConflicts(one, more.move).length > 0
  const planned = isBlocked(first) ? await underHostLock(planAgain, applyOptions(context)) : first
  show(printPlan(planned, lookOf(context), more.move), context)
  // Taking leases changes nothing on the host, so nothing is asked about it.
  const leases = planned.leases?.changes.length ?? 0
  if (isBlocked(planned) || planned.changes.length + leases === 0) {
    report(planned, context, false)
    return isBlocked(planned) ? refuse(context) : exitCode.ok
  }
  if (!(await agreeTo(planned, context))) return exitCode.ok
  // A watch may have begun while the user was asked.
  if (options.yes !== true) await refuseOtherText(options, intent)
  const code = await applyOrReplan(planned, planAgain, isBlocked, context)
  if (next !== null && code === exitCode.ok && options.json !== true) terminal.print(next(planned))
  return code
}

const underHostLock = <Result>(
  act: () => Promise<Result>,
  { onWait }: ReturnType<typeof applyOptions>,
): Promise<Result> => withHostLock(act, onWait === undefined ? {} : { onWait })

/** Shows what the user is asked to agree to. With --json, standard output is for the result. */
const show = (text: string, { options, terminal }: CommandContext): void => {
  if (options.json !== true) terminal.print(text)
  else if (options.yes !== true) terminal.sayLines(text)
}

const agreeTo = async ({ changes }: Plan, { options, terminal }: CommandContext): Promise<boolean> => {
  if (options.yes === true || changes.length === 0) return true
  const many = changes.length === 1 ? 'this change' : `these ${changes.length} changes`
  if (await terminal.ask(`Apply ${many}?`)) return true
  terminal.say('Nothing was changed.')
  return false
}

/** Refuses to apply. The conflicts were shown before: in the plan, in what is new of it, or in the JSON. */
const refuse = ({ options, terminal }: CommandContext): ExitCode => {
  const where = options.json === true ? 'in the JSON' : 'above'
  // --force was given for the conflicts of another plan.
  const again = options.force === true ? 'run this again with --force' : 'apply with --force'
  terminal.say(`portolan: nothing was changed, because of the conflicts ${where}. Mend them, or ${again}.`)
  return exitCode.conflicts
}

/**
 * Applies a plan. The host may have changed since the plan was agreed to. Then the plan is not forced through: it is
 * made again, and what is new in it is shown.
 *
 * Without --yes, the user is asked again. With --yes there is no question. From the second time on, the plan is then
 * made under the host's lock, so that of many applies at once each gets its turn. A conflict that blocks and was not in
 * the first plan ends the command. --force was given for the conflicts of the first plan, and says nothing of another
 * plan.
 */
const applyOrReplan = async (
  first: Plan,
  planAgain: () => Promise<Plan>,
  isBlocked: (planned: Plan) => boolean,
  context: CommandContext,
): Promise<ExitCode> => {
  const settings = applyOptions(context)
  const isAsked = context.options.yes !== true
  const carryOut = async (planned: Plan, lockHeld: boolean): Promise<ExitCode> => {
    const many = planned.changes.length === 1 ? 'the change' : `the ${planned.changes.length} changes`
    await context.terminal.during(`applying ${many}`, () => apply(planned, { ...settings, lockHeld }), {
      quiet: context.options.json === true,
      changes: true,
    })
    report(planned, context, true)
    return exitCode.ok
  }
  const underLock = (): Promise<ExitCode> =>
    underHostLock(async () => {
      const planned = await planAgain()
      const difference = comparePlans(first, planned)
      showDifference(difference, context)
      const isWorse = difference?.conflicts.some(({ severity }) => severity === 'error') === true
      if (!isWorse) return carryOut(planned, true)
      report(planned, context, false)
      return refuse(context)
    }, settings)
  let agreed = first
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (attempt === 1 || isAsked ? carryOut(agreed, false) : underLock())
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt === attempts) throw error
      context.terminal.say(planningAgain(error))
    }
    if (!isAsked) continue
    const planned = await planAgain()
    const difference = comparePlans(agreed, planned)
    showDifference(difference, context)
    if (isBlocked(planned)) {
      report(planned, context, false)
      return refuse(context)
    }
    if (difference !== null && !(await agreeTo(planned, context))) return exitCode.ok
    agreed = planned
  }
}

const showDifference = (difference: PlanDifference | null, context: CommandContext): void => {
  if (difference !== null) show(printDifference(difference, lookOf(context)), context)
}

const report = (planned: Plan, { options, terminal }: CommandContext, applied: boolean): void => {
  if (options.json === true) terminal.print(jsonText({ ...planJson(planned), applied }))
  else if (applied)
    terminal.print(
      planned.changes.length === 0
        ? 'Nothing to change; what it needs is leased.'
        : `Applied ${planned.changes.length} ${planned.changes.length === 1 ? 'change' : 'changes'}.`,
    )
}
