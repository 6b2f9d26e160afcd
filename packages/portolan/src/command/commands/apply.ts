import { InvalidRequestError, StaleStateError } from '@portolan/core'
import { withHostLock } from '@portolan/host'
import { apply } from '../../apply/apply.ts'
import type { Plan } from '../../plan/plan.ts'
import { type PlanOptions, plan } from '../../plan/plan-intent.ts'
import { printPlan } from '../../plan/print-plan.ts'
import { applyOptions } from '../apply-options.ts'
import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { readIntent } from '../read-intent.ts'
import { planOptions } from '../sources.ts'

/** The host may change under us again and again; after this many plans somebody else is at work for good. */
const attempts = 5

/** `portolan apply`: plans, shows, asks, carries out. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  if (options.yes !== true && !terminal.interactive) {
    throw new InvalidRequestError(
      'apply asks before it changes anything, and there is no terminal to ask on. Add --yes to go ahead.',
    )
  }
  return planAndApply(context, options.fix === true ? { fix: true } : {})
}

/**
 * Plans, shows, asks, carries out.
 * @param more - what the plan is made from beside the options
 */
export const planAndApply = async (
  context: CommandContext,
  more: Pick<PlanOptions, 'move' | 'fix'> = {},
): Promise<ExitCode> => {
  const { options, terminal } = context
  const planAgain = async (): Promise<Plan> =>
    plan(readIntent(options), { ...(await planOptions(options)), ...more })
  const planned = await planAgain()
  if (options.json !== true) terminal.print(printPlan(planned, terminal.style))
  const blocked = isBlocked(planned, context)
  // Taking leases changes nothing of the host's that could be asked about.
  const leases = planned.leases?.changes.length ?? 0
  if (blocked || planned.changes.length + leases === 0) {
    report(planned, context, false)
    return blocked ? exitCode.conflicts : exitCode.ok
  }
  const asks = options.yes !== true && planned.changes.length > 0
  if (asks && !(await terminal.ask(`Apply these ${planned.changes.length} changes?`))) {
    terminal.say('Nothing was changed.')
    return exitCode.ok
  }
  return applyOrReplan(planned, planAgain, context)
}

const isBlocked = ({ conflicts }: Plan, { options, terminal }: CommandContext): boolean => {
  if (!conflicts.some(({ severity }) => severity === 'error') || options.force === true) return false
  terminal.say(
    'portolan: nothing was changed, because of the conflicts above. Mend them, or apply with --force.',
  )
  return true
}

/**
 * Somebody may have changed what is ours since the plan was made: then it is made again, not forced through. From
 * the second time on it is made under the host's lock, so that of many applies at once each gets its turn.
 */
const applyOrReplan = async (
  first: Plan,
  planAgain: () => Promise<Plan>,
  context: CommandContext,
): Promise<ExitCode> => {
  const settings = applyOptions(context)
  const apart = async (planned: Plan): Promise<boolean> => {
    await apply(planned, settings)
    report(planned, context, true)
    return true
  }
  const underLock = (): Promise<boolean> =>
    withHostLock(
      async () => {
        const planned = await planAgain()
        if (isBlocked(planned, context)) return false
        await apply(planned, { ...settings, lockHeld: true })
        report(planned, context, true)
        return true
      },
      settings.onWait === undefined ? {} : { onWait: settings.onWait },
    )
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await (attempt === 1 ? apart(first) : underLock())) ? exitCode.ok : exitCode.conflicts
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt === attempts) throw error
      context.terminal.say(`portolan: ${error.message.replace('; plan again', '; planning again')}`)
    }
  }
}

const report = (planned: Plan, { options, terminal }: CommandContext, applied: boolean): void => {
  if (options.json === true) terminal.print(jsonText({ ...planned.toJSON(), applied }))
  else if (applied)
    terminal.print(
      planned.changes.length === 0
        ? 'Nothing to change; what it needs is leased.'
        : `Applied ${planned.changes.length} ${planned.changes.length === 1 ? 'change' : 'changes'}.`,
    )
}
