import { InvalidRequestError, StaleStateError, visibleLine } from '@portolan/netfilter'
import { destroy, planDestroy, refuseRunning } from '../../destroy/destroy.ts'
import type { Removal } from '../../destroy/plan-removal.ts'
import { leaseCount, printRemoval, textOf } from '../../destroy/print-removal.ts'
import { changeJson } from '../../plan/plan-json.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { applyOptions } from '../options/apply-options.ts'
import type { Options } from '../options/option-table.ts'
import { jsonText } from '../output/json-text.ts'
import { lookOf } from '../output/look-of.ts'
import { sayLine } from '../output/say-line.ts'
import { planningAgain } from '../planning-again.ts'
import { findProject, lookedFor } from '../sources/find-project.ts'
import { readIntent } from '../sources/read-intent.ts'
import { waitFor } from '../wait-for.ts'

/** `portolan destroy`: removes a project, or everything of Portolan, from this host. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  if (options.yes !== true && !terminal.interactive) {
    throw new InvalidRequestError(
      'destroy asks before it removes anything, and there is no terminal to ask on. Add --yes to go ahead.',
    )
  }
  const project = chosenProject(options)
  const settings = {
    ...applyOptions(context),
    ...(project === null ? {} : { project }),
    keepLeases: options['keep-leases'] === true,
  }
  let removal = await waitFor(context, 'reading this host', () => planDestroy(settings))
  checkPresent(removal, project, context)
  for (let attempt = 1; ; attempt += 1) {
    // This comes before the user is told what is removed.
    if (!settings.keepLeases) await refuseRunning(removal)
    show(removal, project, context)
    if (!(await agreeTo(removal, project, context))) {
      terminal.say('Nothing was changed.')
      return exitCode.ok
    }
    try {
      const agreed = removal
      await terminal.during('removing', () => destroy(settings, agreed), {
        quiet: options.json === true,
        changes: true,
      })
      report(removal, context)
      return exitCode.ok
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt === attempts) throw error
      const now = await planDestroy(settings)
      // A project that has been applied since was not agreed to.
      if (now.projects.some((name) => !removal.projects.includes(name))) throw error
      terminal.say(planningAgain(error))
      removal = now
    }
  }
}

/**
 * The most attempts. The host may change in between: an apply that was waited for leaves other rules than were read.
 */
const attempts = 5

/**
 * Shows a removal. What stays and what breaks goes to standard error: `destroy --yes > /dev/null` should not hide it.
 */
const show = (removal: Removal, project: string | null, context: CommandContext): void => {
  const { options, terminal } = context
  for (const { severity, kind, message, remedy } of removal.conflicts)
    terminal.sayLines(
      [`portolan: ${severity} ${kind}: ${message} ${remedy.text}`, ...remedy.commands]
        .map(visibleLine)
        .join('\n'),
    )
  for (const sentence of removal.left) sayLine(terminal, sentence)
  if (options.json !== true) terminal.print(printRemoval(removal, project, lookOf(context)))
}

const agreeTo = async (
  { changes, leases, live, present, texts = [] }: Removal,
  project: string | null,
  { options, terminal }: CommandContext,
): Promise<boolean> => {
  if (changes.length + leases.length + live.length + texts.length === 0 || options.yes === true) return true
  const whose =
    project === null
      ? `all of Portolan on this host (${present.length === 0 ? 'no project' : present.join(', ')})`
      : `project ${project}`
  return terminal.ask(`Remove ${whose}: ${changes.length} changes, ${leaseCount(leases.length)}?`)
}

const report = (removal: Removal, { options, terminal }: CommandContext): void => {
  const { changes, summary, projects, conflicts, left, kept, leases, texts = [] } = removal
  if (options.json === true) {
    const release = { release: leases }
    terminal.print(
      jsonText({
        ...{ projects, conflicts, changes: changes.map(changeJson) },
        ...{ summary, left, kept, leases: release },
      }),
    )
  } else if (changes.length > 0)
    terminal.print(`Removed ${projects.length === 0 ? 'what was left' : projects.join(', ')}.`)
  else if (leases.length > 0) terminal.print(`Gave up ${leaseCount(leases.length)}.`)
  else for (const project of texts) terminal.print(`Forgot the ${textOf(project)}.`)
}

/**
 * The project to remove: that of -p, or else of the Compose file that `plan` would read.
 *
 * @returns null for every project, which has to be asked for: in a project's folder a user does not mean other projects
 * @throws InvalidRequestError when the project is named twice, or not at all; ParseError, IntentError as `plan` does
 */
const chosenProject = (options: Options): string | null => {
  const { all, project, file } = options
  const idle = (['env-file', 'project-directory'] as const).find((name) => options[name] !== undefined)
  if (idle !== undefined && (all === true || (project !== undefined && file === undefined)))
    throw new InvalidRequestError(
      `--${idle} is for reading a Compose file, and with ${all === true ? '--all' : '-p'} none is read: leave it out. Nothing was changed.`,
    )
  if (all === true) {
    if (project === undefined && file === undefined) return null
    throw new InvalidRequestError(
      `--all removes every project, and ${project === undefined ? '-f' : '-p'} names one: give one of the two. Nothing was changed.`,
    )
  }
  // A named file has to exist, even if -p gives the name of the project.
  if (project !== undefined && file === undefined) return project
  if (file === undefined && findProject(options, process.env) === null)
    throw new InvalidRequestError(
      `nothing says which project to remove: there is no Compose file here (${lookedFor()}). Name the file with -f or the project with -p; --all removes every project. Nothing was changed.`,
    )
  return readIntent(options).project
}

/**
 * Refuses a project named with -p that has nothing here. Its name was most likely mistyped, and "done" would be taken
 * for its removal. The project of a Compose file was not typed, so removing it twice is no error.
 * @throws InvalidRequestError
 */
const checkPresent = (
  { projects, present, changes, leases, texts = [] }: Removal,
  project: string | null,
  { options, terminal }: CommandContext,
): void => {
  if (project === null || projects.length > 0 || changes.length + leases.length + texts.length > 0) return
  const there =
    present.length === 0
      ? 'no project has'
      : `${present.length === 1 ? 'only' : 'those that have are'} ${present.join(', ')}${present.length === 1 ? ' has' : ''}`
  const message = `project ${project} has nothing on this host; ${there}. Nothing was changed.`
  if (options.project !== undefined) throw new InvalidRequestError(message)
  terminal.say(`portolan: ${message}`)
}
