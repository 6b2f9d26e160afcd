import { InvalidRequestError } from '@portolan/core'
import { destroy, planDestroy } from '../../destroy/destroy.ts'
import type { Removal } from '../../destroy/plan-removal.ts'
import { changeJson } from '../../plan/plan-json.ts'
import { printChanges } from '../../plan/print-changes.ts'
import { applyOptions } from '../apply-options.ts'
import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'

/** `portolan destroy`: removes what is ours. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  if (options.yes !== true && !terminal.interactive) {
    throw new InvalidRequestError(
      'destroy asks before it removes anything, and there is no terminal to ask on. Add --yes to go ahead.',
    )
  }
  const settings = {
    ...applyOptions(context),
    ...(options.project === undefined ? {} : { project: options.project }),
    keepLeases: options['keep-leases'] === true,
  }
  const removal = await planDestroy(settings)
  const leases = leaseCount(removal.leases.length)
  checkPresent(removal, options.project)
  for (const { severity, kind, message, remedy } of removal.conflicts)
    terminal.say(`portolan: ${severity} ${kind}: ${message} ${remedy.text}`)
  if (options.json !== true) {
    terminal.print(printChanges(removal.changes, terminal.style).join('\n'))
    if (removal.leases.length > 0) terminal.print(`  gives up ${leases}; --keep-leases keeps them`)
  }
  if (removal.changes.length + removal.leases.length > 0 && options.yes !== true) {
    const whose =
      options.project === undefined ? 'all that is ours on this host' : `project ${options.project}`
    if (!(await terminal.ask(`Remove ${whose}: ${removal.changes.length} changes, ${leases}?`))) {
      terminal.say('Nothing was changed.')
      return exitCode.ok
    }
  }
  await destroy(settings, removal)
  const { changes, summary, projects, conflicts } = removal
  if (options.json === true)
    terminal.print(
      jsonText({
        projects,
        conflicts,
        changes: changes.map(changeJson),
        summary,
        leases: { release: removal.leases },
      }),
    )
  else if (changes.length > 0)
    terminal.print(`Removed ${projects.length === 0 ? 'what was left' : projects.join(', ')}.`)
  else if (removal.leases.length > 0) terminal.print(`Gave up ${leases}.`)
  return exitCode.ok
}

const leaseCount = (count: number): string => `${count} ${count === 1 ? 'lease' : 'leases'}`
/**
 * Who names a project that is not there has most likely mistyped it, and would take "done" for its removal.
 * @throws InvalidRequestError
 */
const checkPresent = ({ projects, present, changes }: Removal, project: string | undefined): void => {
  if (project === undefined || projects.length > 0 || changes.length > 0) return
  const there =
    present.length === 0
      ? 'no project has'
      : `${present.length === 1 ? 'only' : 'those that have are'} ${present.join(', ')}${present.length === 1 ? ' has' : ''}`
  throw new InvalidRequestError(`project ${project} has nothing on this host; ${there}. Nothing was changed.`)
}
