import type { PlanOptions } from '../plan/plan-options.ts'
import { wordsOf } from '../plan/with-commands.ts'

/** How a command of `portolan` is written, so that it is about a project. */
export type ProjectCommand = (command: string, project: string) => string

/** How what is told of a project names commands of `portolan`, and what else the user may change. */
export const wordsAbout = (
  project: string,
  {
    written,
    wording,
  }: { readonly written?: ProjectCommand | undefined; readonly wording?: PlanOptions['wording'] | undefined },
): Pick<PlanOptions, 'ownCommand' | 'wording'> => {
  const ownCommand =
    written === undefined ? {} : { ownCommand: (command: string) => written(command, project) }
  return { ...ownCommand, ...wordsOf({ ...ownCommand, ...(wording && { wording }) }) }
}
